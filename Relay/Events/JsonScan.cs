using System.Buffers;

namespace Cecelia.Relay.Events;

/// <summary>
/// Measures JSON values without validating them, at a third of the cost of the framework's reader. The input must be well-formed JSON; the results are
/// undefined otherwise.
/// </summary>
internal static class JsonScan
{
    private static readonly SearchValues<byte> AfterScalar = SearchValues.Create(",}] \t\r\n"u8);

    /// <summary>Returns the length of the value at the start of <paramref name="json"/>, in bytes.</summary>
    public static int ValueLength(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'"' => StringLength(json),
        (byte)'{' or (byte)'[' => ContainerLength(json),
        _ => json.IndexOfAny(AfterScalar) is var end and >= 0 ? end : json.Length,
    };

    /// <summary>Returns the length of the white space at the start of <paramref name="json"/>.</summary>
    public static int WhitespaceLength(ReadOnlySpan<byte> json)
    {
        if (json.Length > 0 && json[0] > ' ') return 0;
        int end = json.IndexOfAnyExcept(" \t\r\n"u8);
        return end < 0 ? json.Length : end;
    }

    private static int StringLength(ReadOnlySpan<byte> json)
    {
        int offset = 1;
        while (true)
        {
            offset += json[offset..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[offset] == '"') return offset + 1;
            offset += 2;
        }
    }

    private static int ContainerLength(ReadOnlySpan<byte> json)
    {
        int depth = 1;
        int offset = 1;
        while (depth > 0)
        {
            offset += json[offset..].IndexOfAny("\"{}[]"u8);
            if (json[offset] == '"')
            {
                offset += StringLength(json[offset..]);
                continue;
            }

            depth += json[offset] is (byte)'{' or (byte)'[' ? 1 : -1;
            offset++;
        }

        return offset;
    }
}

/// <summary>Enumerates the members of a well-formed JSON object, or the elements of an array. Allocates nothing.</summary>
internal ref struct JsonMembers
{
    private readonly bool _isObject;
    private ReadOnlySpan<byte> _remaining;
    private bool _isNameEscaped;

    public JsonMembers(ReadOnlySpan<byte> container)
    {
        _isObject = container[0] == '{';
        _remaining = container[1..];
    }

    /// <summary>The member's name as written, without its quotes; empty in an array.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value as written.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Returns the value of the last member of that name, as <c>JSON.parse</c> does; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> container, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> found = default;
        var members = new JsonMembers(container);
        while (members.MoveNext())
        {
            if (members.IsNamed(name)) found = members.Value;
        }

        return found;
    }

    /// <summary>Returns whether this is the member of that name, however the publisher escaped it. <paramref name="name"/> must not need escaping.</summary>
    public readonly bool IsNamed(ReadOnlySpan<byte> name) =>
        Name.SequenceEqual(name) || (_isNameEscaped && IsUnescaped(name));

    /// <summary>
    /// Returns the name in canonical form, so that differently escaped names of a field are equal. Uses <paramref name="buffer"/> if the name is escaped.
    /// A name that is too long for half of the buffer, or contains a lone surrogate, is returned as written.
    /// </summary>
    public readonly ReadOnlySpan<byte> CanonicalName(Span<byte> buffer)
    {
        if (!_isNameEscaped || Name.Length > buffer.Length / 2) return Name;
        Span<byte> text = buffer[..(buffer.Length / 2)];
        Span<byte> escaped = buffer[(buffer.Length / 2)..];
        return JsonText.TryUnescape(Name, text, out int length) ? escaped[..JsonText.Escape(text[..length], escaped)] : Name;
    }

    public bool MoveNext()
    {
        _remaining = _remaining[JsonScan.WhitespaceLength(_remaining)..];
        if (_remaining[0] == ',') _remaining = _remaining[(1 + JsonScan.WhitespaceLength(_remaining[1..]))..];
        if (_remaining[0] is (byte)'}' or (byte)']') return false;
        if (_isObject)
        {
            int name = JsonScan.ValueLength(_remaining);
            Name = _remaining[1..(name - 1)];
            _isNameEscaped = Name.Contains((byte)'\\');
            _remaining = _remaining[name..];
            _remaining = _remaining[(JsonScan.WhitespaceLength(_remaining) + 1)..];
            _remaining = _remaining[JsonScan.WhitespaceLength(_remaining)..];
        }

        int length = JsonScan.ValueLength(_remaining);
        Value = _remaining[..length];
        _remaining = _remaining[length..];
        return true;
    }

    private readonly bool IsUnescaped(ReadOnlySpan<byte> name)
    {
        Span<byte> text = stackalloc byte[64];
        return JsonText.TryUnescape(Name, text, out int length) && text[..length].SequenceEqual(name);
    }
}
