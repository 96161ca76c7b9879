namespace Cecelia.Relay.Events;

/// <summary>
/// Enumerates the ids of the nodes that a <c>node:parallel_start</c> event starts: the elements of <c>node_ids</c>, <c>nodes</c> and <c>branches</c>, each
/// an id or an object with one. Allocates nothing.
/// </summary>
/// <param name="data">A well-formed JSON object.</param>
/// <param name="buffer">A buffer for unescaped ids, at least <see cref="EventLimits.KeyBytes"/> long.</param>
internal ref struct StartedNodes(ReadOnlySpan<byte> data, Span<byte> buffer)
{
    /// <summary>Maximum number of elements of one list that are read.</summary>
    private const int MaxElements = 256;

    private const int ListCount = 3;

    private readonly ReadOnlySpan<byte> _data = data;
    private readonly Span<byte> _buffer = buffer;
    private JsonMembers _elements;
    private int _listIndex;
    private int _remaining;

    /// <summary>The current id, unescaped. Valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        while (true)
        {
            for (; _remaining > 0 && _elements.MoveNext(); _remaining--)
            {
                Current = IdOf(_elements.Value);
                if (Current.IsEmpty) continue;
                _remaining--;
                return true;
            }

            if (_listIndex == ListCount) return false;
            ReadOnlySpan<byte> list = JsonMembers.Find(_data, _listIndex switch { 0 => "node_ids"u8, 1 => "nodes"u8, _ => "branches"u8 });
            _listIndex++;
            _remaining = 0;
            if (list is not [(byte)'[', ..]) continue;
            _elements = new JsonMembers(list);
            _remaining = MaxElements;
        }
    }

    private readonly ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> element) =>
        element[0] == '{' ? DataText.First(element, "node_id"u8, "nodeId"u8, "id"u8, _buffer) : DataText.Of(element, _buffer);
}
