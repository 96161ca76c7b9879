using System.Net.WebSockets;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// A client of the subprotocol that reconnects wherever it is sent, with its last position, and validates what it receives with a <see
/// cref="RoamingSequence"/>.
/// </summary>
internal sealed class RoamingClient : IAsyncDisposable
{
    private const int LongestWaitMs = 200;
    private readonly Uri[] _addresses;
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Task _running;
    private readonly RoamingSequence _sequence = new();
    private int _attempts;

    /// <param name="addresses">It connects to the first, and after the end of each connection to the next.</param>
    public RoamingClient(params Uri[] addresses)
    {
        _addresses = addresses;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The number of the next expected event.</summary>
    public int Next => _sequence.Next;

    /// <summary>Number of times that it was connected.</summary>
    public int Connections => _sequence.Connections;

    /// <summary>The first error, or null.</summary>
    public string? Error => _sequence.Error;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await RoamAsync();
        }
        catch (Exception fault) when (!_stop.IsCancellationRequested)
        {
            // This task is not awaited before the test ends: without recording the error, the client would stop, and the test would wait for it.
            _sequence.Fail(fault.ToString());
        }
    }

    private async Task RoamAsync()
    {
        while (Error is null)
        {
            _sequence.RetryMs = LongestWaitMs;
            Uri address = _addresses[_attempts++ % _addresses.Length];
            using var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("cecelia.v1");
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            try
            {
                await socket.ConnectAsync(_sequence.Position is { } position ? new Uri(address + "?since=" + position) : address, _stop.Token);
                await ReceiveAsync(socket);
            }
            catch (WebSocketException)
            {
                // The instance is not running, or no longer.
            }

            // The client's own delay, as requested by the relay.
            await Task.Delay(Math.Min(_sequence.RetryMs, LongestWaitMs), _stop.Token);
        }
    }

    private async Task ReceiveAsync(ClientWebSocket socket)
    {
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(_buffer.AsMemory(length), _stop.Token);
                length += result.Count;
            }
            while (!result.EndOfMessage);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _stop.Token);
                return;
            }

            _sequence.Validate(_buffer.AsSpan(0, length));
        }
    }
}
