using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Validates the messages of a client that resumes: events whose <c>n</c> counts from 0, without duplicates and in order over all its connections. Anything
/// else is recorded as an error. It parses only what it needs, since a test has many of them. One thread writes; any may read.
/// </summary>
internal sealed class RoamingSequence
{
    private volatile int _next;
    private volatile int _connections;
    private volatile string? _error;

    /// <summary>The number of the next expected event.</summary>
    public int Next => _next;

    /// <summary>Number of <c>relay:hello</c> messages received.</summary>
    public int Connections => _connections;

    /// <summary>The first error; null if there is none.</summary>
    public string? Error => _error;

    /// <summary>The newest <c>id</c>; null if there is none yet.</summary>
    public string? Position { get; private set; }

    /// <summary>The delay that the newest <c>relay:bye</c> requested, in milliseconds; otherwise as the client set it.</summary>
    public int RetryMs { get; set; }

    /// <summary>Records an error of the client itself, unless there is one.</summary>
    public void Fail(string error) => _error ??= $"at {_next}: {error}";

    /// <summary>Validates the next message, as UTF-8.</summary>
    public void Validate(ReadOnlySpan<byte> message)
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
            if (number != _next) _error ??= string.Create(CultureInfo.InvariantCulture, $"{number} instead of {_next}");
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
            // Sent after a while without events.
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
