using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes events with <c>source</c> and <c>seq</c>, by which a relay detects lost events and drops duplicates. Each run has a new source, so that numbers
/// begin at 1. A publication that fails consumes its number, so that the loss can be detected. Any thread may call. Numbers are sent in order while the
/// connection lasts.
/// </summary>
internal sealed class NumberedPublisher
{
    private readonly RedisPublisher _publisher;
    private readonly JsonEncodedText _source;
    private readonly Lock _gate = new();
    private long _last;

    /// <param name="publisher">The underlying publisher. The caller keeps ownership.</param>
    /// <param name="name">The name of the publisher, such as <c>brain</c>: at most 200 bytes of UTF-8.</param>
    public NumberedPublisher(RedisPublisher publisher, string name)
    {
        _publisher = publisher;
        Source = $"{name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        _source = JsonEncodedText.Encode(Source);
    }

    /// <summary>The name with a random suffix.</summary>
    public string Source { get; }

    /// <summary>The last number that was used; 0 before the first.</summary>
    public long Last
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    /// <summary>Returns why an envelope cannot be numbered, or null. Only its own members are checked, not their contents.</summary>
    public static string? FindError(ReadOnlySpan<byte> envelope)
    {
        Span<byte> buffer = stackalloc byte["source"u8.Length];
        try
        {
            var reader = new Utf8JsonReader(envelope, new JsonReaderOptions { MaxDepth = 512 });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return "not a JSON object";
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                ReadOnlySpan<byte> key = reader.ShortText(buffer);
                if (key.SequenceEqual("source"u8) || key.SequenceEqual("seq"u8)) return "numbered already: it has a source or seq";
                reader.Skip();
            }

            return null;
        }
        catch (JsonException)
        {
            return "not JSON";
        }
    }

    /// <summary>Publishes the envelope with the next number. Returns the result of <see cref="RedisPublisher.PublishAsync"/>.</summary>
    /// <exception cref="ArgumentException">The envelope cannot be numbered (<see cref="FindError"/>). No number was used.</exception>
    /// <exception cref="RedisUnreachableException">See <see cref="RedisPublisher.PublishAsync"/>. The number was used.</exception>
    public Task<long> PublishAsync(string channel, byte[] envelope, CancellationToken cancellationToken = default)
    {
        if (FindError(envelope) is { } mistake) throw new ArgumentException(mistake, nameof(envelope));
        // The publisher sends before it returns its task, unless it has to connect first. So no publication overtakes another.
        lock (_gate) return _publisher.PublishAsync(channel, Number(envelope, ++_last), cancellationToken);
    }

    private byte[] Number(ReadOnlySpan<byte> envelope, long seq)
    {
        int open = envelope.IndexOf((byte)'{') + 1;
        ReadOnlySpan<byte> rest = envelope[open..];
        bool isEmpty = rest.TrimStart(" \t\r\n"u8)[0] == '}';
        Span<byte> digits = stackalloc byte[20];
        seq.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
        return
        [
            .. envelope[..open],
            .. "\"source\":\""u8,
            .. _source.EncodedUtf8Bytes,
            .. "\",\"seq\":"u8,
            .. digits[..length],
            .. isEmpty ? ""u8 : ","u8,
            .. rest,
        ];
    }
}
