using System.Buffers;
using System.Buffers.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// Splits a copy into the <c>data</c> of <c>relay:snapshot</c> messages of at most about <see cref="PartBytes"/> each; a larger entity has a part of its own.
/// An empty state has one part. Reads from the copy, which must not be changed in the meantime. Does not need to be disposed.
/// </summary>
internal sealed class SnapshotParts
{
    /// <summary>
    /// Target size of a part, in bytes. Small enough for a client to parse it within one animation frame and not to delay the events behind it for long.
    /// </summary>
    public const int PartBytes = 256 * 1024;

    /// <summary>Size of a part without entities and position.</summary>
    private const int EnvelopeBytes = 160;

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
    /// Writes the next part. Returns false if there is none left. <paramref name="position"/> is the position of the copy, as short text; empty if there is
    /// none, which is written as null.
    /// </summary>
    public bool TryWriteNext(ReadOnlySpan<byte> position, IBufferWriter<byte> output)
    {
        if (IsDone) return false;
        int end = EndOfPart(EnvelopeBytes + position.Length);
        WriteHead(end == _order.Length, position, output);
        EntityKind? open = null;
        for (; _written < end; _written++)
        {
            ref readonly StateItem item = ref _copy.Items[_order[_written]];
            if (item.Kind != open)
            {
                output.Write(open is null ? ",\""u8 : "],\""u8);
                output.Write(item.Kind.Section());
                output.Write("\":["u8);
                open = item.Kind;
            }
            else
            {
                output.Write(","u8);
            }

            output.Write(_copy.Text(item));
        }

        output.Write(open is null ? "}"u8 : "]}"u8);
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

    private void WriteHead(bool last, ReadOnlySpan<byte> position, IBufferWriter<byte> output)
    {
        output.Write("{\"part\":"u8);
        Utf8Formatter.TryFormat(++_part, output.GetSpan(11), out int digits);
        output.Advance(digits);
        output.Write(last ? ",\"last\":true,\"position\":"u8 : ",\"last\":false,\"position\":"u8);
        if (position.IsEmpty)
        {
            output.Write("null"u8);
            return;
        }

        output.Write("\""u8);
        output.Advance(JsonText.Escape(position, output.GetSpan(JsonText.MaxExpansion * position.Length)));
        output.Write("\""u8);
    }
}
