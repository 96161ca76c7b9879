using System.Net.WebSockets;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>A client that stays: it receives all the time, keeps every message, and never comes back once its connection has ended.</summary>
internal sealed class RecordingClient : IAsyncDisposable
{
    private readonly TestClient _client;
    private readonly List<(SubprotocolMessage Message, DateTimeOffset At)> _messages = [];
    private readonly Task _receiving;

    private RecordingClient(TestClient client)
    {
        _client = client;
        _receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>All messages so far, with when each came.</summary>
    public IReadOnlyList<(SubprotocolMessage Message, DateTimeOffset At)> Timed
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public IReadOnlyList<SubprotocolMessage> All => [.. Timed.Select(one => one.Message)];

    /// <summary>Numbers of the events so far.</summary>
    public IReadOnlyList<int> Numbers => [.. All.Where(message => message.Name == "number").Select(message => message.Number)];

    /// <summary>The newest <c>id</c>.</summary>
    public string Position => All.Last(message => message.Id is not null).Id!;

    public bool IsOpen => !_receiving.IsCompleted && _client.State == WebSocketState.Open;

    /// <summary>A client of the subprotocol, or one that knows nothing of it.</summary>
    public static async Task<RecordingClient> ConnectAsync(Uri address, bool subprotocol) =>
        new(await TestClient.ConnectAsync(address, options =>
        {
            if (subprotocol) options.AddSubProtocol("cecelia.v1");
        }));

    /// <summary>The first message of that kind, from the index on, and its index; waits for it.</summary>
    public async Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForAsync(Func<SubprotocolMessage, bool> wanted, int from = 0)
    {
        int at = -1;
        await Eventually.TrueAsync(
            () =>
            {
                for (IReadOnlyList<SubprotocolMessage> all = All; from < all.Count; from++)
                {
                    if (!wanted(all[from])) continue;
                    at = from;
                    return true;
                }

                return false;
            },
            TestTimeouts.Default,
            () => $"{(IsOpen ? "open" : "closed")}, {Timed.Count} messages, the last: {string.Join('\n', All.TakeLast(8).Select(message => message.Text[..Math.Min(300, message.Text.Length)]))}");
        (SubprotocolMessage message, DateTimeOffset when) = Timed[at];
        return (message, at, when);
    }

    public Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForLinkStatusAsync(string state, int from = 0) =>
        WaitForAsync(message => message.Name == "relay:link" && message.Data.GetProperty("status").GetString() == state, from);

    public Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForNumberAsync(int number) => WaitForAsync(message => message.Name == "number" && message.Number == number);

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            var message = SubprotocolMessage.Parse(await _client.ReceiveAsync(TimeSpan.FromMinutes(10)));
            lock (_messages) _messages.Add((message, TimeProvider.System.GetUtcNow()));
        }
    }
}
