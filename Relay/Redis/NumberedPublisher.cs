using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes events that carry <c>source</c> and <c>seq</c>, by which a relay notices what was lost on the way and drops what comes twice. The source is
/// another one for each run, so that numbers begin at 1. A number is used up by a publication that fails: the loss is to be seen. Any thread may call;
/// numbers go out in their order as long as the connection stands.
/// </summary>
internal sealed class NumberedPublisher
{
    private readonly RedisPublisher _publisher;
    private readonly JsonEncodedText _source;
    private readonly Lock _gate = new();
    private long _last;

    /// <param name="publisher">Publishes; stays the caller's.</param>
    /// <param name="name">Who publishes, such as <c>brain</c>: at most 200 bytes of UTF-8.</param>
    public NumberedPublisher(RedisPublisher publisher, string name)
    {
        _publisher = publisher;
        Source = $"{name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        _source = JsonEncodedText.Encode(Source);
    }

    /// <summary>The name and a random rest.</summary>
    public string Source { get; }

    /// <summary>The last number used; 0 before the first.</summary>
    public long Last
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    /// <summary>Why an envelope cannot be numbered, or null. It is looked at as far as its own members go, not inside them.</summary>
    public static string? FindMistake(ReadOnlySpan<byte> envelope)
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

    /// <summary>Publishes the envelope with the next number; the answer is that of <see cref="RedisPublisher.PublishAsync"/>.</summary>
    /// <exception cref="ArgumentException"><see cref="FindMistake"/> says why; no number was used.</exception>
    /// <exception cref="RedisUnreachableException">As of <see cref="RedisPublisher.PublishAsync"/>; the number is used up.</exception>
    public Task<long> PublishAsync(string channel, byte[] envelope, CancellationToken cancellationToken = default)
    {
        if (FindMistake(envelope) is { } mistake) throw new ArgumentException(mistake, nameof(envelope));
        // The publisher hands on before it returns its task, unless it has to connect: so nothing overtakes.
        lock (_gate) return _publisher.PublishAsync(channel, Number(envelope, ++_last), cancellationToken);
    }

    private byte[] Number(ReadOnlySpan<byte> envelope, long seq)
    {
        int open = envelope.IndexOf((byte)'{') + 1;
        ReadOnlySpan<byte> rest = envelope[open..];
        bool isEmpty = rest.TrimStart(" \t\r\n"u8)[0] == '}';
        Span<byte> digits = stackalloc byte[20];
        seq.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
        return [.. envelope[..open], .. "\"source\":\""u8, .. _source.EncodedUtf8Bytes, .. "\",\"seq\":"u8, .. digits[..length], .. isEmpty ? ""u8 : ","u8, .. rest];
    }
}
