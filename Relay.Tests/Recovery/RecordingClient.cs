using System.Net.WebSockets;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// A client that keeps its connection: it receives continuously, records every message, and does not reconnect once its connection has ended.
/// </summary>
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

    /// <summary>All messages so far, with the time at which each was received.</summary>
    public IReadOnlyList<(SubprotocolMessage Message, DateTimeOffset At)> TimedMessages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public IReadOnlyList<SubprotocolMessage> All => [.. TimedMessages.Select(one => one.Message)];

    /// <summary>Numbers of the events so far.</summary>
    public IReadOnlyList<int> Numbers => [.. All.Where(message => message.Name == "number").Select(message => message.Number)];

    /// <summary>The newest <c>id</c>.</summary>
    public string Position => All.Last(message => message.Id is not null).Id!;

    public bool IsOpen => !_receiving.IsCompleted && _client.State == WebSocketState.Open;

    /// <summary>Connects with or without the subprotocol.</summary>
    public static async Task<RecordingClient> ConnectAsync(Uri address, bool subprotocol) =>
        new(await TestClient.ConnectAsync(address, options =>
        {
            if (subprotocol) options.AddSubProtocol("cecelia.v1");
        }));

    /// <summary>Waits for the first matching message at or after an index. Returns it and its index.</summary>
    public async Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForAsync(Func<SubprotocolMessage, bool> predicate, int from = 0)
    {
        int at = -1;
        await Eventually.TrueAsync(
            () =>
            {
                for (IReadOnlyList<SubprotocolMessage> all = All; from < all.Count; from++)
                {
                    if (!predicate(all[from])) continue;
                    at = from;
                    return true;
                }

                return false;
            },
            TestTimeouts.Default,
            () => $"{(IsOpen ? "open" : "closed")}, {TimedMessages.Count} messages, the last: "
                + string.Join('\n', All.TakeLast(8).Select(message => message.Text[..Math.Min(300, message.Text.Length)])));
        (SubprotocolMessage message, DateTimeOffset when) = TimedMessages[at];
        return (message, at, when);
    }

    public Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForLinkStatusAsync(string status, int from = 0) =>
        WaitForAsync(message => message.Name == "relay:link" && message.Data.GetProperty("status").GetString() == status, from);

    public Task<(SubprotocolMessage Message, int Index, DateTimeOffset At)> WaitForNumberAsync(int number) =>
        WaitForAsync(message => message.Name == "number" && message.Number == number);

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
