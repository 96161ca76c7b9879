using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// One JSON object, kept as its text, with an index of its members so that one can be replaced in place: reading it whole is a copy of bytes, and
/// changing it moves what stands behind the change. A member may be a section, an object whose own members are indexed too. Owns its buffers, which
/// grow by a quarter and shrink when less than half full; while sizes stay about the same it allocates nothing. Not thread-safe.
/// </summary>
internal sealed class JsonRecord
{
    /// <summary>Below this, in bytes, a buffer is not worth shrinking.</summary>
    private const int SmallBytes = 1024;

    /// <summary>Longest escaped name that is made canonical.</summary>
    private const int NameBytes = 256;

    private byte[] _bytes = [(byte)'{', (byte)'}'];
    private Member[] _members = new Member[12];
    private int _count;

    /// <summary>The object. Good until the next change.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(0, Length);

    /// <summary>Bytes of <see cref="Text"/>.</summary>
    public int Length { get; private set; } = 2;

    /// <summary>Bytes of the buffer it lies in.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>What it costs in bytes, by its content: the same for equal records, whatever their past.</summary>
    public int CountedBytes => Length + (_count * Unsafe.SizeOf<Member>());

    /// <summary>The member's value as written; empty when there is none. Good until the next change.</summary>
    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> name) => Find(name) is var index and >= 0 ? Value(index) : default;

    /// <summary>Sets a member that is no section; a new one goes last.</summary>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int index = Find(name);
        if (index >= 0) value.CopyTo(Resize(index, ValueStart(index), _members[index].ValueLength, value.Length));
        else Insert(_count, name, value, section: -1);
    }

    /// <summary>Sets the member to that number, which is not negative.</summary>
    public void Set(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int length);
        Set(name, digits[..length]);
    }

    /// <summary>Adds to a member that is a number, or is not there yet and so counts as zero.</summary>
    public void Increase(ReadOnlySpan<byte> name, long by) => Set(name, (Utf8Parser.TryParse(Get(name), out long present, out _) ? present : 0) + by);

    /// <summary>Takes a member away that is no section and not the first; no harm when there is none.</summary>
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
    /// Sets the members of <paramref name="data"/>, an object that has been checked, in the section of that name. All or nothing: false, and
    /// nothing is changed, when the section would be longer than <paramref name="maxBytes"/> or have more than <paramref name="maxMembers"/>.
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
            int at = FindNested(index, next, name);
            if (at >= 0)
            {
                members.Value.CopyTo(Resize(at, ValueStart(at), _members[at].ValueLength, members.Value.Length, index));
            }
            else
            {
                at = SectionEnd(index);
                Insert(at, name, members.Value, index);
            }

            next = at + 1;
        }

        return true;
    }

    /// <summary>Replaces part of a member's value; <paramref name="at"/> counts from the value's first byte.</summary>
    public Span<byte> Splice(ReadOnlySpan<byte> name, int at, int remove, int insert)
    {
        int index = Find(name);
        return Resize(index, ValueStart(index) + at, remove, insert);
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

    /// <summary>Looks at <paramref name="next"/> first: publishers write the fields of their events in one order.</summary>
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

    /// <summary>Guesses high and cheaply; only where the guess does not fit, counts what would really be there.</summary>
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
            // Bounds the work as well: an event of ten thousand fields is not looked up ten thousand times.
            if (++seen > maxMembers) return false;
            ReadOnlySpan<byte> name = members.CanonicalName(buffer);
            int at = section < 0 ? -1 : FindNested(section, section + seen, name);
            length += at >= 0 ? members.Value.Length - _members[at].ValueLength : name.Length + members.Value.Length + (present == 0 ? 3 : 4);
            if (at < 0) present++;
        }

        return length <= maxBytes && present <= maxMembers;
    }

    private void Insert(int index, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int section)
    {
        bool first = section < 0 ? _count == 0 : _members[section].ValueLength == 2;
        int at = section < 0 ? Length - 1 : ValueStart(section) + _members[section].ValueLength - 1;
        int length = (first ? 0 : 1) + name.Length + 3 + value.Length;
        // Before the change, as the move begins with its own: a record that there is no memory for is as it was.
        if (_count == _members.Length) Array.Resize(ref _members, _count + (_count / 2) + 4);
        Move(index - 1, at, 0, length);
        if (section >= 0) _members[section].ValueLength += length;

        Span<byte> place = _bytes.AsSpan(at, length);
        if (!first)
        {
            place[0] = (byte)',';
            place = place[1..];
        }

        place[0] = (byte)'"';
        name.CopyTo(place[1..]);
        place[name.Length + 1] = (byte)'"';
        place[name.Length + 2] = (byte)':';
        value.CopyTo(place[(name.Length + 3)..]);

        _members.AsSpan(index, _count - index).CopyTo(_members.AsSpan(index + 1));
        _members[index] = new Member { Start = at + (first ? 0 : 1), NameLength = name.Length, ValueLength = value.Length, IsNested = section >= 0 };
        _count++;
    }

    private Span<byte> Resize(int index, int at, int remove, int insert, int section = -1)
    {
        if (insert != remove)
        {
            Move(index, at, remove, insert);
            _members[index].ValueLength += insert - remove;
            if (section >= 0) _members[section].ValueLength += insert - remove;
        }

        return _bytes.AsSpan(at, insert);
    }

    /// <summary>Makes room for <paramref name="insert"/> bytes in place of <paramref name="remove"/>, and shifts the members after <paramref name="index"/>.</summary>
    private void Move(int index, int at, int remove, int insert)
    {
        int length = Length + insert - remove;
        byte[] from = _bytes;
        if (length > from.Length || (from.Length > SmallBytes && length < from.Length / 2))
        {
            _bytes = GC.AllocateUninitializedArray<byte>(length + (length / 4) + 32);
            from.AsSpan(0, at).CopyTo(_bytes);
        }

        from.AsSpan(at + remove, Length - at - remove).CopyTo(_bytes.AsSpan(at + insert));
        Length = length;
        Span<Member> behind = _members.AsSpan(0, _count)[(index + 1)..];
        for (int i = 0; i < behind.Length; i++) behind[i].Start += insert - remove;
    }

    /// <summary>Where <c>"name":value</c> stands. Members of a section follow it.</summary>
    private struct Member
    {
        public int Start;
        public int NameLength;
        public int ValueLength;
        public bool IsNested;
    }
}
