using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// A JSON object, stored as text with an index of its members, so that a member can be replaced in place. Reading the object is a copy of bytes, and
/// a change moves the bytes after it. A member may be a section, which is an object whose own members are indexed too. Owns its buffers, which grow by a
/// quarter and shrink when less than half full; it does not allocate while the sizes stay about the same. Not thread-safe.
/// </summary>
internal sealed class JsonRecord
{
    /// <summary>Minimum size of a buffer that is shrunk, in bytes.</summary>
    private const int SmallBytes = 1024;

    /// <summary>Maximum length of an escaped name that is converted to canonical form.</summary>
    private const int NameBytes = 256;

    private byte[] _bytes = [(byte)'{', (byte)'}'];
    private Member[] _members = new Member[12];
    private int _count;

    /// <summary>The object's text. Valid until the next change.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, Length);

    /// <summary>Length of <see cref="Text"/> in bytes.</summary>
    public int Length { get; private set; } = 2;

    /// <summary>Size of its buffer in bytes.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Memory counted for the record, in bytes. Depends only on its content, not on its history.</summary>
    public int CountedBytes => Length + (_count * Unsafe.SizeOf<Member>());

    /// <summary>Returns the member's value as written; empty if there is none. Valid until the next change.</summary>
    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> name) => Find(name) is var index and >= 0 ? Value(index) : default;

    /// <summary>Sets a member that is not a section. A new member is appended.</summary>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int index = Find(name);
        if (index >= 0) value.CopyTo(Resize(index, ValueStart(index), _members[index].ValueLength, value.Length));
        else Insert(_count, name, value, section: -1);
    }

    /// <summary>Sets the member to a non-negative number.</summary>
    public void Set(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        Set(name, digits[..length]);
    }

    /// <summary>Adds to a numeric member; an absent one counts as zero.</summary>
    public void Increase(ReadOnlySpan<byte> name, long by) => Set(name, (Utf8Parser.TryParse(Get(name), out long present, out _) ? present : 0) + by);

    /// <summary>Removes a member, if present. It must be neither a section nor the first member.</summary>
    public void Remove(ReadOnlySpan<byte> name)
    {
        int index = Find(name);
        if (index < 0) return;
        int length = 1 + name.Length + 3 + _members[index].ValueLength;
        Move(index, _members[index].Start - 1, length, 0);
        _members.AsSpan(index + 1, _count - index - 1).CopyTo(_members.AsSpan(index));
        _count--;
    }

    /// <summary>
    /// Sets the members of <paramref name="data"/>, a well-formed object, in a section. Returns false without any change if the section would become longer
    /// than <paramref name="maxBytes"/> or have more than <paramref name="maxMembers"/>.
    /// </summary>
    [SkipLocalsInit]
    public bool TryMerge(ReadOnlySpan<byte> section, ReadOnlySpan<byte> data, int maxBytes, int maxMembers)
    {
        int index = Find(section);
        if (!Fits(index, data, maxBytes, maxMembers)) return false;
        if (index < 0)
        {
            Insert(_count, section, "{}"u8, -1);
            index = _count - 1;
        }

        Span<byte> buffer = stackalloc byte[2 * NameBytes];
        int next = index + 1;
        var members = new JsonMembers(data);
        while (members.MoveNext())
        {
            ReadOnlySpan<byte> name = members.CanonicalName(buffer);
            int member = FindNested(index, next, name);
            if (member >= 0)
            {
                members.Value.CopyTo(Resize(member, ValueStart(member), _members[member].ValueLength, members.Value.Length, index));
            }
            else
            {
                member = SectionEnd(index);
                Insert(member, name, members.Value, index);
            }

            next = member + 1;
        }

        return true;
    }

    /// <summary>Replaces a part of a member's value and returns the span to fill. <paramref name="start"/> is relative to the value's first byte.</summary>
    public Span<byte> Splice(ReadOnlySpan<byte> name, int start, int remove, int insert)
    {
        int index = Find(name);
        return Resize(index, ValueStart(index) + start, remove, insert);
    }

    private ReadOnlySpan<byte> Value(int index) => _bytes.AsSpan(ValueStart(index), _members[index].ValueLength);

    private int ValueStart(int index) => _members[index].Start + _members[index].NameLength + 3;

    private int Find(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<Member> members = _members.AsSpan(0, _count);
        for (int i = 0; i < members.Length; i++)
        {
            if (members[i].NameLength == name.Length && !members[i].IsNested && name.SequenceEqual(_bytes.AsSpan(members[i].Start + 1, name.Length))) return i;
        }

        return -1;
    }

    /// <summary>Finds a member of a section. Tries <paramref name="next"/> first, since publishers usually write fields in the same order.</summary>
    private int FindNested(int section, int next, ReadOnlySpan<byte> name)
    {
        if (IsNestedAt(next, name)) return next;
        for (int i = section + 1; i < _count && _members[i].IsNested; i++)
        {
            if (IsNestedAt(i, name)) return i;
        }

        return -1;
    }

    private bool IsNestedAt(int index, ReadOnlySpan<byte> name) =>
        index < _count && _members[index].IsNested && _members[index].NameLength == name.Length
        && name.SequenceEqual(_bytes.AsSpan(_members[index].Start + 1, name.Length));

    private int SectionEnd(int section)
    {
        int end = section + 1;
        while (end < _count && _members[end].IsNested) end++;
        return end;
    }

    /// <summary>
    /// Returns whether the merged section is within the limits. Uses a cheap upper bound first, and the exact size only if that exceeds a limit.
    /// </summary>
    [SkipLocalsInit]
    private bool Fits(int section, ReadOnlySpan<byte> data, int maxBytes, int maxMembers)
    {
        int present = section < 0 ? 0 : SectionEnd(section) - section - 1;
        int length = section < 0 ? 2 : _members[section].ValueLength;
        if (length + data.Length <= maxBytes && present + data.Count((byte)':') <= maxMembers) return true;

        Span<byte> buffer = stackalloc byte[2 * NameBytes];
        int seen = 0;
        var members = new JsonMembers(data);
        while (members.MoveNext())
        {
            // Also bounds the work: for an event with ten thousand fields, not every field is looked up.
            if (++seen > maxMembers) return false;
            ReadOnlySpan<byte> name = members.CanonicalName(buffer);
            int member = section < 0 ? -1 : FindNested(section, section + seen, name);
            length += member >= 0 ? members.Value.Length - _members[member].ValueLength : name.Length + members.Value.Length + (present == 0 ? 3 : 4);
            if (member < 0) present++;
        }

        return length <= maxBytes && present <= maxMembers;
    }

    private void Insert(int index, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int section)
    {
        bool first = section < 0 ? _count == 0 : _members[section].ValueLength == 2;
        int offset = section < 0 ? Length - 1 : ValueStart(section) + _members[section].ValueLength - 1;
        int length = (first ? 0 : 1) + name.Length + 3 + value.Length;
        // Allocate before any change, as Move does, so that a failed allocation leaves the record unchanged.
        if (_count == _members.Length) Array.Resize(ref _members, _count + (_count / 2) + 4);
        Move(index - 1, offset, 0, length);
        if (section >= 0) _members[section].ValueLength += length;

        Span<byte> inserted = _bytes.AsSpan(offset, length);
        if (!first)
        {
            inserted[0] = (byte)',';
            inserted = inserted[1..];
        }

        inserted[0] = (byte)'"';
        name.CopyTo(inserted[1..]);
        inserted[name.Length + 1] = (byte)'"';
        inserted[name.Length + 2] = (byte)':';
        value.CopyTo(inserted[(name.Length + 3)..]);

        _members.AsSpan(index, _count - index).CopyTo(_members.AsSpan(index + 1));
        _members[index] = new Member { Start = offset + (first ? 0 : 1), NameLength = name.Length, ValueLength = value.Length, IsNested = section >= 0 };
        _count++;
    }

    private Span<byte> Resize(int index, int offset, int remove, int insert, int section = -1)
    {
        if (insert != remove)
        {
            Move(index, offset, remove, insert);
            _members[index].ValueLength += insert - remove;
            if (section >= 0) _members[section].ValueLength += insert - remove;
        }

        return _bytes.AsSpan(offset, insert);
    }

    /// <summary>Replaces <paramref name="remove"/> bytes by <paramref name="insert"/> bytes, and moves the members after <paramref name="index"/>.</summary>
    private void Move(int index, int offset, int remove, int insert)
    {
        int length = Length + insert - remove;
        byte[] source = _bytes;
        if (length > source.Length || (source.Length > SmallBytes && length < source.Length / 2))
        {
            _bytes = GC.AllocateUninitializedArray<byte>(length + (length / 4) + 32);
            source.AsSpan(0, offset).CopyTo(_bytes);
        }

        source.AsSpan(offset + remove, Length - offset - remove).CopyTo(_bytes.AsSpan(offset + insert));
        Length = length;
        Span<Member> following = _members.AsSpan(0, _count)[(index + 1)..];
        for (int i = 0; i < following.Length; i++) following[i].Start += insert - remove;
    }

    /// <summary>The location of <c>"name":value</c> in the text. Members of a section follow the section.</summary>
    private struct Member
    {
        public int Start;
        public int NameLength;
        public int ValueLength;
        public bool IsNested;
    }
}
