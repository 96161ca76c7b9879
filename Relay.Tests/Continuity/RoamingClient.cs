using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace Cecelia.Relay.Tests.Continuity;

/// <summary>
/// A client of the subprotocol that comes back wherever it is sent, with the position that it had, and expects events whose <c>n</c> counts from 0. Anything
/// else it keeps as a complaint. It reads only what it must, since there are many of it.
/// </summary>
internal sealed class RoamingClient : IAsyncDisposable
{
    private const int LongestWaitMs = 200;
    private readonly Uri[] _addresses;
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Task _running;
    private string? _position;
    private int _attempts;
    private int _retryMs;
    private volatile int _next;
    private volatile int _connections;
    private volatile string? _complaint;

    /// <param name="addresses">It goes to the first, and after each end of a connection to the next.</param>
    public RoamingClient(params Uri[] addresses)
    {
        _addresses = addresses;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The number of the event that is expected now.</summary>
    public int Next => _next;

    /// <summary>How often it was greeted.</summary>
    public int Connections => _connections;

    /// <summary>What was wrong, or null.</summary>
    public string? Complaint => _complaint;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (_complaint is null)
        {
            _retryMs = LongestWaitMs;
            Uri address = _addresses[_attempts++ % _addresses.Length];
            using var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("cecelia.v1");
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            try
            {
                await socket.ConnectAsync(_position is null ? address : new Uri(address + "?since=" + _position), _stop.Token);
                await ReceiveAsync(socket);
            }
            catch (WebSocketException)
            {
                // Nobody was there, or nobody is any more.
            }

            // A client's own wait, as it was asked to.
            await Task.Delay(Math.Min(_retryMs, LongestWaitMs), _stop.Token);
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

            Take(_buffer.AsSpan(0, length));
        }
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        int id = message.LastIndexOf(",\"id\":\""u8);
        if (id >= 0) _position = Encoding.ASCII.GetString(message[(id + 7)..^2]);
        if (!message.StartsWith("{\"event\":\"relay:"u8))
        {
            int number = Number(message, "\"n\":"u8);
            if (number != _next) _complaint ??= string.Create(CultureInfo.InvariantCulture, $"{number} instead of {_next}");
            _next = number + 1;
        }
        else if (message.StartsWith("{\"event\":\"relay:hello\""u8))
        {
            if (_connections++ > 0 && message.IndexOf("\"recovered\":true"u8) < 0) _complaint ??= $"at {_next}: {Encoding.UTF8.GetString(message)}";
        }
        else if (message.StartsWith("{\"event\":\"relay:bye\""u8))
        {
            _retryMs = Number(message, "\"retryAfterMs\":"u8);
        }
        else if (!message.StartsWith("{\"event\":\"relay:snapshot\""u8) || _connections > 1)
        {
            _complaint ??= $"at {_next}: {Encoding.UTF8.GetString(message)}";
        }
    }

    private static int Number(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> digits = message[(message.IndexOf(name) + name.Length)..];
        return int.Parse(digits[..digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9')], CultureInfo.InvariantCulture);
    }
}
