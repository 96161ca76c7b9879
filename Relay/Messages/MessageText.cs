using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>Writes a message piece by piece into a buffer that is large enough. Allocates nothing.</summary>
internal ref struct MessageText(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Number of bytes written so far.</summary>
    public int Length { get; private set; }

    public void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Writes a member with its comma, or nothing if there is no value.</summary>
    /// <param name="name">The name with comma, quotes and colon.</param>
    /// <param name="value">The value as JSON; empty if there is none.</param>
    public void PutOptional(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        Put(name);
        Put(value);
    }

    /// <summary>Writes text as a JSON string, which takes two bytes and up to <see cref="JsonText.MaxExpansion"/> times the text.</summary>
    public void PutQuoted(scoped ReadOnlySpan<byte> text)
    {
        Put("\""u8);
        Length += JsonText.Escape(text, _destination[Length..]);
        Put("\""u8);
    }

    /// <summary>Writes a member with its comma, whose value is an id as a JSON string, or nothing if there is no id.</summary>
    /// <param name="name">The name with comma, quotes and colon.</param>
    /// <param name="id">The id, unescaped; empty if there is none.</param>
    public void PutId(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty) return;
        Put(name);
        PutQuoted(id);
    }

    public void PutData(DecodedEvent source) => Length += source.CopyDataTo(_destination[Length..]);

    /// <summary>Writes the publisher's timestamp as written, or <paramref name="nowUnixMs"/> if there is none.</summary>
    public void PutTimestamp(DecodedEvent source, long nowUnixMs)
    {
        if (!source.RawTimestamp.IsEmpty)
        {
            Put(source.RawTimestamp);
            return;
        }

        Put("\""u8);
        Rfc3339.Write(nowUnixMs, _destination[Length..]);
        Length += Rfc3339.Length;
        Put("\""u8);
    }
}
