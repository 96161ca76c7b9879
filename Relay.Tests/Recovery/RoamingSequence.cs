using System.Globalization;
using System.Text;
using Cecelia.Relay.Tests.Recovery;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Checks the messages of a client that resumes: events whose <c>n</c> counts from 0, each once and in order over all its connections. Anything else is kept as
/// a complaint. It parses only what it needs, since a test has many of them. One thread writes; any may read.
/// </summary>
internal sealed class RoamingSequence
{
    private volatile int _next;
    private volatile int _connections;
    private volatile string? _complaint;

    /// <summary>The number of the event that is expected now.</summary>
    public int Next => _next;

    /// <summary>How many <c>relay:hello</c> came.</summary>
    public int Connections => _connections;

    /// <summary>The first fault; null: none.</summary>
    public string? Error => _complaint;

    /// <summary>The newest <c>id</c>; null: none yet.</summary>
    public string? Position { get; private set; }

    /// <summary>What the newest <c>relay:bye</c> asked for, in milliseconds; otherwise as the client set it.</summary>
    public int RetryMs { get; set; }

    /// <summary>Keeps a fault of the client's own, unless there is one.</summary>
    public void Fail(string fault) => _complaint ??= $"at {_next}: {fault}";

    /// <summary>Takes the next message, as UTF-8.</summary>
    public void Take(ReadOnlySpan<byte> message)
    {
        int id = message.LastIndexOf(",\"id\":\""u8);
        if (id >= 0) Position = Encoding.ASCII.GetString(message[(id + 7)..^2]);
        if (!message.StartsWith("{\"event\":\"relay:"u8))
        {
            if (message.IndexOf("\"n\":"u8) < 0)
            {
                Fail(Encoding.UTF8.GetString(message));
                return;
            }

            int number = Number(message, "\"n\":"u8);
            if (number != _next) _complaint ??= string.Create(CultureInfo.InvariantCulture, $"{number} instead of {_next}");
            _next = number + 1;
        }
        else if (message.StartsWith("{\"event\":\"relay:hello\""u8))
        {
            if (_connections++ > 0 && message.IndexOf("\"recovered\":true"u8) < 0) Fail(Encoding.UTF8.GetString(message));
        }
        else if (message.StartsWith("{\"event\":\"relay:bye\""u8))
        {
            RetryMs = Number(message, "\"retryAfterMs\":"u8);
        }
        else if (message.StartsWith("{\"event\":\"relay:ping\""u8))
        {
            // Comes after a while without events.
        }
        else if (!message.StartsWith("{\"event\":\"relay:snapshot\""u8) || _connections > 1)
        {
            Fail(Encoding.UTF8.GetString(message));
        }
    }

    private static int Number(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> digits = message[(message.IndexOf(name) + name.Length)..];
        return int.Parse(digits[..digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9')], CultureInfo.InvariantCulture);
    }
}
