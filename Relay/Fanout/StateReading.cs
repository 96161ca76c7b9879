using System.Buffers;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The state at one moment as the one JSON object that <c>GET /api/v1/state</c> answers with, in a rented buffer. What slow readers hold is counted
/// with the snapshots, until whoever asked for it disposes it.
/// </summary>
internal sealed class StateReading : IDisposable
{
    /// <summary>What stands around the entities of one section, beside its name: <c>,"":[]</c>.</summary>
    private const int SectionBytes = 6;

    private readonly SnapshotBudget _budget;
    private byte[] _bytes;
    private int _length;

    /// <param name="copy">The entities.</param>
    /// <param name="position">Where the stream stood when they were copied.</param>
    /// <param name="link">How the link to Redis stood.</param>
    /// <param name="nowMs">When, in Unix milliseconds.</param>
    /// <param name="budget">Counts the buffer.</param>
    public StateReading(StateCopy copy, StreamPosition position, LinkStatus link, long nowMs, SnapshotBudget budget)
    {
        Position = position;
        _budget = budget;
        byte[] head = RelayMessage.Data(json =>
        {
            json.WriteString("position", position.ToString());
            json.WriteString("timestamp", RelayMessage.Time(nowMs));
            json.WriteStartObject("link");
            link.WriteTo(json, nowMs);
            json.WriteEndObject();
        });
        int most = head.Length + copy.Length + copy.Count;
        for (EntityKind kind = 0; (int)kind < EntitySections.Count; kind++) most += kind.Section().Length + SectionBytes;
        _bytes = ArrayPool<byte>.Shared.Rent(most);
        budget.Add(_bytes.Length);

        // The head's last brace goes to the end.
        Put(head.AsSpan(0, head.Length - 1));
        for (EntityKind kind = 0; (int)kind < EntitySections.Count; kind++) PutSection(copy, kind);
        Put("}"u8);
    }

    /// <summary>Where a client of the subprotocol goes on that has this.</summary>
    public StreamPosition Position { get; }

    public ReadOnlyMemory<byte> Body => _bytes.AsMemory(0, _length);

    public void Dispose()
    {
        if (_bytes.Length == 0) return;
        _budget.Add(-_bytes.Length);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private void PutSection(StateCopy copy, EntityKind kind)
    {
        Put(",\""u8);
        Put(kind.Section());
        Put("\":["u8);
        bool first = true;
        foreach (ref readonly StateItem item in copy.Items)
        {
            if (item.Kind != kind) continue;
            if (!first) Put(","u8);
            Put(copy.Text(item));
            first = false;
        }

        Put("]"u8);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
