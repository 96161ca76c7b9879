using System.Text.Json;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// A page of older events. Its bytes count against the budget of the snapshots until it is disposed, since slow readers may hold it. Not thread-safe.
/// </summary>
internal sealed class HistoryPage : IDisposable
{
    /// <summary>Size of a page without events, base and gap.</summary>
    private const int EnvelopeBytes = 1024;

    private readonly SnapshotBudget _budget;
    private readonly IReadOnlyList<byte[]> _items;
    private readonly StreamPosition? _next;
    private readonly StateReading? _base;
    private long _bytes;

    /// <param name="budget">Counts the bytes of the page.</param>
    /// <param name="items">The JSON of each event, oldest first.</param>
    /// <param name="position">The position up to which the page reaches.</param>
    /// <param name="next">The position for the request of the next, older page; null if the journal has no older entries.</param>
    /// <param name="stateBase">The base, which is disposed with the page; null if there is none.</param>
    public HistoryPage(SnapshotBudget budget, IReadOnlyList<byte[]> items, StreamPosition position, StreamPosition? next, StateReading? stateBase)
    {
        _budget = budget;
        _items = items;
        Position = position;
        _next = next;
        _base = stateBase;
        long itemBytes = items.Sum(item => (long)item.Length + 1);
        BodyBytes = (int)itemBytes + (stateBase?.Body.Length ?? 0) + EnvelopeBytes;
        // Once more for the items; the base counts itself.
        _bytes = BodyBytes + itemBytes;
        budget.Add(_bytes);
    }

    /// <summary>The position up to which the page reaches.</summary>
    public StreamPosition Position { get; }

    /// <summary>The gap at which the page ends, with the data of its message; null if it does not end at a gap.</summary>
    public CopiedEntry? Gap { get; init; }

    /// <summary>Whether a base was asked for.</summary>
    public bool HasBase { get; init; }

    /// <summary>Approximate size of the page as JSON.</summary>
    public int BodyBytes { get; }

    /// <summary>True if no event is missing within the page, as far as is known.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Writes the page as one JSON object.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="hidesSources">Leaves the name of the publisher and its numbers out of the gap.</param>
    public void WriteTo(Utf8JsonWriter json, bool hidesSources)
    {
        json.WriteStartObject();
        json.WriteString("position", Position.ToString());
        if (_next is { } next) json.WriteString("before", next.ToString());
        else json.WriteNull("before");
        json.WriteBoolean("complete", IsComplete);
        if (Gap is { } gap)
        {
            json.WritePropertyName("gap");
            if (hidesSources) WriteGapWithoutSource(json, gap.Payload);
            else json.WriteRawValue(gap.Payload, skipInputValidation: true);
            json.WriteString("gapId", gap.Position.ToString());
        }

        if (_base is not null)
        {
            json.WritePropertyName("base");
            json.WriteRawValue(_base.Body.Span, skipInputValidation: true);
        }
        else if (HasBase)
        {
            json.WriteNull("base");
        }

        json.WriteStartArray("events");
        foreach (byte[] item in _items) json.WriteRawValue(item, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>As <see cref="Messages.Gap.WithoutSource"/>: the number of missing events of a publisher is not known to the client.</summary>
    private static void WriteGapWithoutSource(Utf8JsonWriter json, byte[] gap)
    {
        using var document = JsonDocument.Parse(gap);
        bool isOfPublisher = document.RootElement.TryGetProperty("source", out _);
        json.WriteStartObject();
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (member.Name is "source" or "fromSeq" or "toSeq") continue;
            if (isOfPublisher && member.Name == "missed") json.WriteNull("missed");
            else member.WriteTo(json);
        }

        json.WriteEndObject();
    }

    public void Dispose()
    {
        _budget.Add(-_bytes);
        _bytes = 0;
        _base?.Dispose();
    }
}
