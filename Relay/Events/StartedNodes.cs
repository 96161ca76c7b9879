namespace Cecelia.Relay.Events;

/// <summary>
/// Enumerates the ids of the nodes that the data of a <c>node:parallel_start</c> starts: those in <c>node_ids</c>, <c>nodes</c> and <c>branches</c>, each an
/// id or an object that has one. Allocates nothing.
/// </summary>
/// <param name="data">A JSON object that has been checked.</param>
/// <param name="buffer">At least <see cref="EventLimits.KeyBytes"/> long; ids that are escaped are written here.</param>
internal ref struct StartedNodes(ReadOnlySpan<byte> data, Span<byte> buffer)
{
    /// <summary>Most elements of one list that are read.</summary>
    private const int MaxOfList = 256;

    private const int Lists = 3;

    private readonly ReadOnlySpan<byte> _data = data;
    private readonly Span<byte> _buffer = buffer;
    private JsonMembers _elements;
    private int _list;
    private int _left;

    /// <summary>The id, unescaped. Valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            for (; _left > 0 && _elements.MoveNext(); _left--)
            {
                Current = IdOf(_elements.Value);
                if (Current.IsEmpty) continue;
                _left--;
                return true;
            }

            if (_list == Lists) return false;
            ReadOnlySpan<byte> list = JsonMembers.Find(_data, _list switch { 0 => "node_ids"u8, 1 => "nodes"u8, _ => "branches"u8 });
            _list++;
            _left = 0;
            if (list is not [(byte)'[', ..]) continue;
            _elements = new JsonMembers(list);
            _left = MaxOfList;
        }
    }

    private readonly ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> element) =>
        element[0] == '{' ? DataText.First(element, "node_id"u8, "nodeId"u8, "id"u8, _buffer) : DataText.Of(element, _buffer);
}
