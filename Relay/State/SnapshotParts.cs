using System.Buffers;
using System.Buffers.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// Cuts a copy into the <c>data</c> of <c>relay:snapshot</c> messages, each of about <see cref="PartBytes"/> at most; a larger entity stands alone. An
/// empty state makes one part. Reads from the copy, which must not be changed meanwhile; keeps nothing that needs to be disposed.
/// </summary>
internal sealed class SnapshotParts
{
    /// <summary>Aim for the size of a part, in bytes: a client parses it within a frame's time, and events are never held up long behind it.</summary>
    public const int PartBytes = 256 * 1024;

    /// <summary>Room for what stands around the entities, beside the position.</summary>
    private const int FrameBytes = 160;

    private readonly StateCopy _copy;
    private readonly int _partBytes;
    private readonly int[] _order;
    private int _written;
    private int _part;

    public SnapshotParts(StateCopy copy, int partBytes = PartBytes)
    {
        (_copy, _partBytes) = (copy, partBytes);
        _order = new int[copy.Count];
        int at = 0;
        for (EntityKind kind = 0; (int)kind < EntitySections.Count; kind++)
        {
            for (int i = 0; i < copy.Count; i++)
            {
                if (copy.Items[i].Kind == kind) _order[at++] = i;
            }
        }
    }

    /// <summary>Whether the last part has been written.</summary>
    public bool IsDone => _part > 0 && _written == _order.Length;

    /// <summary>
    /// Writes the next part; false when there is none left. <paramref name="position"/> is the one that goes with the copy, as short text; empty when there
    /// is none, which is written as null.
    /// </summary>
    public bool TryWriteNext(ReadOnlySpan<byte> position, IBufferWriter<byte> into)
    {
        if (IsDone) return false;
        int end = EndOfPart(FrameBytes + position.Length);
        WriteHead(end == _order.Length, position, into);
        EntityKind? open = null;
        for (; _written < end; _written++)
        {
            ref readonly StateItem item = ref _copy.Items[_order[_written]];
            if (item.Kind != open)
            {
                into.Write(open is null ? ",\""u8 : "],\""u8);
                into.Write(item.Kind.Section());
                into.Write("\":["u8);
                open = item.Kind;
            }
            else
            {
                into.Write(","u8);
            }

            into.Write(_copy.Text(item));
        }

        into.Write(open is null ? "}"u8 : "]}"u8);
        return true;
    }

    private int EndOfPart(int length)
    {
        int end = _written;
        while (end < _order.Length)
        {
            length += _copy.Items[_order[end]].Length + 1;
            if (length > _partBytes && end > _written) break;
            end++;
        }

        return end;
    }

    private void WriteHead(bool last, ReadOnlySpan<byte> position, IBufferWriter<byte> into)
    {
        into.Write("{\"part\":"u8);
        Utf8Formatter.TryFormat(++_part, into.GetSpan(11), out int digits);
        into.Advance(digits);
        into.Write(last ? ",\"last\":true,\"position\":"u8 : ",\"last\":false,\"position\":"u8);
        if (position.IsEmpty)
        {
            into.Write("null"u8);
            return;
        }

        into.Write("\""u8);
        into.Advance(JsonText.Escape(position, into.GetSpan(JsonText.MaxExpansion * position.Length)));
        into.Write("\""u8);
    }
}
