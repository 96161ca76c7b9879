using System.Net.WebSockets;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>A client that stays: it receives all the time, keeps every message, and never comes back once its connection has ended.</summary>
internal sealed class Recorder : IAsyncDisposable
{
    private readonly TestClient _client;
    private readonly List<(RichMessage Message, DateTimeOffset At)> _messages = [];
    private readonly Task _receiving;

    private Recorder(TestClient client)
    {
        _client = client;
        _receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>All messages so far, with when each came.</summary>
    public IReadOnlyList<(RichMessage Message, DateTimeOffset At)> Timed
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public IReadOnlyList<RichMessage> All => [.. Timed.Select(one => one.Message)];

    /// <summary>Numbers of the events so far.</summary>
    public IReadOnlyList<int> Numbers => [.. All.Where(message => message.Name == "number").Select(message => message.Number)];

    /// <summary>The newest <c>id</c>.</summary>
    public string Position => All.Last(message => message.Id is not null).Id!;

    public bool IsOpen => !_receiving.IsCompleted && _client.State == WebSocketState.Open;

    /// <summary>A client of the subprotocol, or one that knows nothing of it.</summary>
    public static async Task<Recorder> ConnectAsync(Uri address, bool rich) =>
        new(await TestClient.ConnectAsync(address, options =>
        {
            if (rich) options.AddSubProtocol("cecelia.v1");
        }));

    /// <summary>The first message of that kind, from the index on, and its index; waits for it.</summary>
    public async Task<(RichMessage Message, int Index, DateTimeOffset At)> SeeAsync(Func<RichMessage, bool> wanted, int from = 0)
    {
        int at = -1;
        await Eventually.TrueAsync(
            () =>
            {
                for (IReadOnlyList<RichMessage> all = All; from < all.Count; from++)
                {
                    if (!wanted(all[from])) continue;
                    at = from;
                    return true;
                }

                return false;
            },
            Patience.Limit,
            () => $"{(IsOpen ? "open" : "closed")}, {Timed.Count} messages, the last: {string.Join('\n', All.TakeLast(8).Select(message => message.Text[..Math.Min(300, message.Text.Length)]))}");
        (RichMessage message, DateTimeOffset when) = Timed[at];
        return (message, at, when);
    }

    public Task<(RichMessage Message, int Index, DateTimeOffset At)> SeeStateAsync(string state, int from = 0) =>
        SeeAsync(message => message.Name == "relay:link" && message.Data.GetProperty("status").GetString() == state, from);

    public Task<(RichMessage Message, int Index, DateTimeOffset At)> SeeNumberAsync(int number) => SeeAsync(message => message.Name == "number" && message.Number == number);

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            var message = RichMessage.Parse(await _client.ReceiveAsync(TimeSpan.FromMinutes(10)));
            lock (_messages) _messages.Add((message, TimeProvider.System.GetUtcNow()));
        }
    }
}
