using System.Buffers;
using System.Text.Json;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The entity state at one moment as the JSON object that <c>GET /api/v1/state</c> returns, or as the base of a history, in a rented buffer. The buffer counts
/// against the budget of the snapshots until the reading is disposed, since slow readers may hold it.
/// </summary>
internal sealed class StateReading : IDisposable
{
    /// <summary>Bytes of one section without its name and entities: <c>,"":[]</c>.</summary>
    private const int SectionBytes = 6;

    private readonly SnapshotBudget _budget;
    private byte[] _bytes;
    private int _length;

    private StateReading(StateCopy copy, StreamPosition position, Action<Utf8JsonWriter> writeHead, SnapshotBudget budget)
    {
        Position = position;
        _budget = budget;
        byte[] head = RelayMessage.Data(json =>
        {
            json.WriteString("position", position.ToString());
            writeHead(json);
        });
        int maxBytes = head.Length + copy.Length + copy.Count;
        for (EntityKind kind = 0; (int)kind < EntitySections.Count; kind++) maxBytes += kind.Section().Length + SectionBytes;
        _bytes = ArrayPool<byte>.Shared.Rent(maxBytes);
        budget.Add(_bytes.Length);

        // Without the last brace, which is written at the end.
        Put(head.AsSpan(0, head.Length - 1));
        for (EntityKind kind = 0; (int)kind < EntitySections.Count; kind++) PutSection(copy, kind);
        Put("}"u8);
    }

    /// <summary>Reads the current state.</summary>
    /// <param name="copy">The entities.</param>
    /// <param name="position">The position of the stream when they were copied.</param>
    /// <param name="link">The status of the link to Redis then.</param>
    /// <param name="nowMs">The time, in Unix milliseconds.</param>
    /// <param name="budget">Counts the buffer.</param>
    public static StateReading Of(StateCopy copy, StreamPosition position, LinkStatus link, long nowMs, SnapshotBudget budget) =>
        new(
            copy,
            position,
            json =>
            {
                json.WriteString("timestamp", RelayMessage.Time(nowMs));
                json.WriteStartObject("link");
                link.WriteTo(json, nowMs);
                json.WriteEndObject();
            },
            budget);

    /// <summary>Reads an earlier state.</summary>
    /// <param name="copy">The entities.</param>
    /// <param name="timelineBase">The moment.</param>
    /// <param name="budget">Counts the buffer.</param>
    public static StateReading Of(StateCopy copy, TimelineBase timelineBase, SnapshotBudget budget) =>
        new(
            copy,
            timelineBase.Position,
            json =>
            {
                json.WriteString("at", RelayMessage.Time(timelineBase.AtMs));
                json.WriteNumber("silentAfterMs", timelineBase.SilentAfterMs);
                json.WriteStartArray("evicted");
                foreach (EvictedEntity entity in timelineBase.Evicted) Write(json, entity);
                json.WriteEndArray();
            },
            budget);

    /// <summary>The position from which a client of the subprotocol resumes that has this state.</summary>
    public StreamPosition Position { get; }

    /// <summary>The JSON object.</summary>
    public ReadOnlyMemory<byte> Body => _bytes.AsMemory(0, _length);

    public void Dispose()
    {
        if (_bytes.Length == 0) return;
        _budget.Add(-_bytes.Length);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private static void Write(Utf8JsonWriter json, EvictedEntity entity)
    {
        ReadOnlySpan<byte> group = default, id = entity.Key;
        if (entity.Kind is EntityKind.Node or EntityKind.Agent) EntityKeys.Read(entity.Key, out group, out id);

        json.WriteStartObject();
        json.WriteString("section", entity.Kind.Section());
        json.WriteString("id", id);
        if (group.Length > 0) json.WriteString(entity.Kind == EntityKind.Node ? "execution_id" : "project_id", group);
        json.WriteString("after", entity.After.ToString());
        json.WriteEndObject();
    }

    private void PutSection(StateCopy copy, EntityKind kind)
    {
        Put(",\""u8);
        Put(kind.Section());
        Put("\":["u8);
        bool isFirst = true;
        foreach (ref readonly StateItem item in copy.Items)
        {
            if (item.Kind != kind) continue;
            if (!isFirst) Put(","u8);
            Put(copy.Text(item));
            isFirst = false;
        }

        Put("]"u8);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
