using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>Puts a message together, piece by piece, in memory that is large enough. Allocates nothing.</summary>
internal ref struct MessageText(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    public void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[Length..]);
        Length += bytes.Length;
    }

    /// <summary>A member with its comma; nothing when there is no value.</summary>
    /// <param name="name">With comma, quotes and colon.</param>
    /// <param name="value">JSON; empty: none.</param>
    public void PutOptional(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        Put(name);
        Put(value);
    }

    /// <summary>As a JSON string, which takes two bytes and up to <see cref="JsonText.MaxExpansion"/> times the text.</summary>
    public void PutQuoted(scoped ReadOnlySpan<byte> text)
    {
        Put("\""u8);
        Length += JsonText.Escape(text, _destination[Length..]);
        Put("\""u8);
    }

    /// <summary>A member with its comma, whose value is an id as a JSON string; nothing when there is no id.</summary>
    /// <param name="name">With comma, quotes and colon.</param>
    /// <param name="id">Unescaped; empty: none.</param>
    public void PutId(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty) return;
        Put(name);
        PutQuoted(id);
    }

    public void PutData(DecodedEvent source) => Length += source.CopyDataTo(_destination[Length..]);

    /// <summary>The publisher's timestamp as written, or <paramref name="nowUnixMs"/>.</summary>
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
