using System.Buffers;

namespace Cecelia.Relay.Events;

/// <summary>
/// Measures JSON whose syntax a reader has checked already: a third of what the framework's reader costs, since nothing is checked again. On text
/// that nobody has checked its answers mean nothing.
/// </summary>
internal static class JsonScan
{
    private static readonly SearchValues<byte> AfterScalar = SearchValues.Create(",}] \t\r\n"u8);

    /// <summary>Bytes of the value that <paramref name="json"/> begins with.</summary>
    public static int ValueLength(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'"' => StringLength(json),
        (byte)'{' or (byte)'[' => NestLength(json),
        _ => json.IndexOfAny(AfterScalar) is var end and >= 0 ? end : json.Length,
    };

    /// <summary>White space that <paramref name="json"/> begins with.</summary>
    public static int Blank(ReadOnlySpan<byte> json)
    {
        if (json.Length > 0 && json[0] > ' ') return 0;
        int end = json.IndexOfAnyExcept(" \t\r\n"u8);
        return end < 0 ? json.Length : end;
    }

    private static int StringLength(ReadOnlySpan<byte> json)
    {
        int at = 1;
        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[at] == '"') return at + 1;
            at += 2;
        }
    }

    private static int NestLength(ReadOnlySpan<byte> json)
    {
        int depth = 1;
        int at = 1;
        while (depth > 0)
        {
            at += json[at..].IndexOfAny("\"{}[]"u8);
            if (json[at] == '"')
            {
                at += StringLength(json[at..]);
                continue;
            }

            depth += json[at] is (byte)'{' or (byte)'[' ? 1 : -1;
            at++;
        }

        return at;
    }
}

/// <summary>Walks the members of a JSON object, or the elements of an array, that has been checked already. Allocates nothing.</summary>
internal ref struct JsonMembers
{
    private readonly bool _named;
    private ReadOnlySpan<byte> _rest;
    private bool _escaped;

    public JsonMembers(ReadOnlySpan<byte> container)
    {
        _named = container[0] == '{';
        _rest = container[1..];
    }

    /// <summary>The member's name as written, without its quotes; empty in an array.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value as written.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value of the last member of that name, as JSON.parse has it; empty when there is none.</summary>
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

    /// <summary>Whether this is the member of that name, which holds nothing to escape, however the publisher escaped it.</summary>
    public readonly bool IsNamed(ReadOnlySpan<byte> name) =>
        Name.SequenceEqual(name) || (_escaped && IsUnescaped(name));

    /// <summary>
    /// The name in its one canonical form, so that a field escaped differently is the same field; made in <paramref name="buffer"/> where it must be.
    /// A name that is longer than that when escaped, or half a surrogate pair, stays as written.
    /// </summary>
    public readonly ReadOnlySpan<byte> CanonicalName(Span<byte> buffer)
    {
        if (!_escaped || Name.Length > buffer.Length / 2) return Name;
        Span<byte> text = buffer[..(buffer.Length / 2)];
        Span<byte> escaped = buffer[(buffer.Length / 2)..];
        return JsonText.TryUnescape(Name, text, out int length) ? escaped[..JsonText.Escape(text[..length], escaped)] : Name;
    }

    public bool MoveNext()
    {
        _rest = _rest[JsonScan.Blank(_rest)..];
        if (_rest[0] == ',') _rest = _rest[(1 + JsonScan.Blank(_rest[1..]))..];
        if (_rest[0] is (byte)'}' or (byte)']') return false;
        if (_named)
        {
            int name = JsonScan.ValueLength(_rest);
            Name = _rest[1..(name - 1)];
            _escaped = Name.Contains((byte)'\\');
            _rest = _rest[name..];
            _rest = _rest[(JsonScan.Blank(_rest) + 1)..];
            _rest = _rest[JsonScan.Blank(_rest)..];
        }

        int length = JsonScan.ValueLength(_rest);
        Value = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    private readonly bool IsUnescaped(ReadOnlySpan<byte> name)
    {
        Span<byte> text = stackalloc byte[64];
        return JsonText.TryUnescape(Name, text, out int length) && text[..length].SequenceEqual(name);
    }
}
