using System.Buffers;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Makes pages of minutes (PROTOCOL.md, <i>Minutes over HTTP</i>). Any thread; makes one page at a time. The ingest thread waits only while the references
/// to the rows are copied.
/// </summary>
internal sealed class MinutesReader(Timeline timeline, SnapshotMaker snapshots, TimeProvider time)
{
    private static readonly JsonWriterOptions Fragment = new() { SkipValidation = true };

    private readonly Lock _turn = new();
    private readonly long[] _values = new long[MinuteSeries.Count * MinuteValues.Length];
    private readonly long[] _sum = new long[MinuteValues.Length];

    /// <summary>Makes a page, which the caller disposes. Returns null if the snapshot budget is spent.</summary>
    public MinutesPage? TryRead(MinutesQuery query)
    {
        lock (_turn)
        {
            if (snapshots.Budget.IsSpent) return null;
            long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            MinuteCopy copy = timeline.CopyMinutes();
            var body = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(body)) Write(json, copy, query, nowMs);
            return new MinutesPage(snapshots.Budget, body.WrittenMemory);
        }
    }

    private void Write(Utf8JsonWriter json, MinuteCopy copy, MinutesQuery query, long nowMs)
    {
        // When the clock was set back a moment ago and nothing has been received since, the newest row is ahead of it.
        long last = Math.Max(nowMs, copy.LastMs - nowMs > MinuteTable.MaxBackMs ? 0 : copy.LastMs) / MinuteTable.MinuteMs;
        long first = last - query.Count + 1;
        json.WriteStartObject();
        json.WriteString("now", RelayMessage.Time(nowMs));
        if (copy.SinceMs >= 0) json.WriteString("since", RelayMessage.Time(copy.SinceMs));
        else json.WriteNull("since");
        json.WriteString("reason", copy.Start.ToWireName());
        json.WriteString("from", RelayMessage.Time(first * MinuteTable.MinuteMs));
        json.WriteNumber("minutes", query.Count);
        json.WriteBoolean("limited", query.IsLimited);
        WriteBounds(json);

        var rows = new KeptMinute[query.Count];
        foreach (KeptMinute row in copy.Rows)
        {
            if (row.Minute >= first && row.Minute <= last) rows[row.Minute - first] = row;
        }

        json.WriteStartArray("complete");
        foreach (KeptMinute row in rows)
        {
            if (row.Row is null) json.WriteNullValue();
            else json.WriteBooleanValue(row.IsComplete);
        }

        json.WriteEndArray();
        WriteSeries(json, copy, query, rows);
        json.WriteEndObject();
    }

    private static void WriteBounds(Utf8JsonWriter json)
    {
        json.WriteStartObject("bounds");
        foreach ((string name, long firstMs) in (ReadOnlySpan<(string, long)>)
            [("runMs", MinuteBuckets.FirstDurationMs), ("queueMs", MinuteBuckets.FirstDurationMs), ("lagMs", MinuteBuckets.FirstLagMs)])
        {
            json.WriteStartArray(name);
            for (int bucket = 0; bucket < MinuteBuckets.Count - 1; bucket++) json.WriteNumberValue(MinuteBuckets.BoundOf(bucket, firstMs));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes all series in one pass over the rows, each into its own text.</summary>
    private void WriteSeries(Utf8JsonWriter json, MinuteCopy copy, MinutesQuery query, KeptMinute[] rows)
    {
        using var slots = new SeriesText();
        using var all = new SeriesText();
        using var others = new SeriesText();
        using var none = new SeriesText();
        (MinuteProject Project, int Place, SeriesText Text)[] projects =
        [
            .. copy.Projects
                .Where(one => query.Includes(one.Project.Id) && query.Wanted?.Any(id => id.AsSpan().SequenceEqual(one.Project.Id)) != false)
                .OrderBy(one => one.Project.Id, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))
                .Select(one => (one.Project, one.Place, new SeriesText())),
        ];
        foreach (KeptMinute row in rows)
        {
            MinuteSlots? used = null;
            bool isKnown = row.Row is not null && MinuteRow.TryDecode(row.Row, _values, out used);
            slots.Add(used);
            all.Add(isKnown ? Sum() : default);
            others.Add(isKnown ? SeriesOf(MinuteSeries.Others) : default);
            none.Add(isKnown ? SeriesOf(MinuteSeries.NoProject) : default);
            foreach ((MinuteProject project, int place, SeriesText text) in projects)
            {
                // Before it got its place it may have been among the others.
                bool isHidden = row.Minute < project.FirstMinute && SeriesOf(MinuteSeries.Others).ContainsAnyExcept(0);
                text.Add(isKnown && !isHidden ? row.Minute < project.FirstMinute ? Nothing() : SeriesOf(place) : default);
            }
        }

        if (query.HasShared) slots.WriteTo(json, "slots");
        if (query.HasAll) all.WriteTo(json, "all");
        if (query.HasShared && none.HasValues) none.WriteTo(json, "none");
        if (query.HasAll && others.HasValues) others.WriteTo(json, "others");
        json.WriteStartObject("projects");
        foreach ((MinuteProject project, _, SeriesText text) in projects)
        {
            using (text)
            {
                if (query.Wanted is not null || text.HasValues) text.WriteTo(json, Encoding.UTF8.GetString(project.Id));
            }
        }

        foreach (byte[] id in query.Wanted ?? [])
        {
            if (query.Includes(id) && !projects.Any(one => one.Project.Id.AsSpan().SequenceEqual(id))) json.WriteNull(Encoding.UTF8.GetString(id));
        }

        json.WriteEndObject();
    }

    private ReadOnlySpan<long> SeriesOf(int series) => _values.AsSpan(series * MinuteValues.Length, MinuteValues.Length);

    private ReadOnlySpan<long> Nothing()
    {
        Array.Clear(_sum);
        return _sum;
    }

    private ReadOnlySpan<long> Sum()
    {
        Array.Clear(_sum);
        for (int series = 0; series < MinuteSeries.Count; series++)
        {
            ReadOnlySpan<long> own = SeriesOf(series);
            for (int i = 0; i < own.Length; i++) _sum[i] += own[i];
        }

        return _sum;
    }

    /// <summary>The JSON array of one series.</summary>
    private sealed class SeriesText : IDisposable
    {
        private readonly ArrayBufferWriter<byte> _text = new();
        private readonly Utf8JsonWriter _json;

        public SeriesText()
        {
            _json = new Utf8JsonWriter(_text, Fragment);
            _json.WriteStartArray();
        }

        /// <summary>Whether a value is not zero.</summary>
        public bool HasValues { get; private set; }

        /// <summary>Adds the values of a minute; empty if they are unknown.</summary>
        public void Add(ReadOnlySpan<long> values)
        {
            if (values.IsEmpty)
            {
                _json.WriteNullValue();
                return;
            }

            HasValues |= values.ContainsAnyExcept(0);
            _json.WriteStartArray();
            foreach (long count in values[..MinuteValues.Run]) _json.WriteNumberValue(count);
            AddHistogram(values.Slice(MinuteValues.Run, MinuteBuckets.Count));
            AddHistogram(values.Slice(MinuteValues.Queue, MinuteBuckets.Count));
            AddHistogram(values.Slice(MinuteValues.Lag, MinuteBuckets.Count));
            _json.WriteEndArray();
        }

        /// <summary>Adds the slots of a minute; null if they are unknown.</summary>
        public void Add(MinuteSlots? slots)
        {
            if (slots is not { } known)
            {
                _json.WriteNullValue();
                return;
            }

            _json.WriteStartArray();
            _json.WriteNumberValue(known.MaxUsed);
            _json.WriteNumberValue(known.Used);
            _json.WriteNumberValue(known.Total);
            _json.WriteEndArray();
        }

        public void WriteTo(Utf8JsonWriter json, string name)
        {
            _json.WriteEndArray();
            _json.Flush();
            json.WritePropertyName(name);
            json.WriteRawValue(_text.WrittenSpan, skipInputValidation: true);
        }

        public void Dispose() => _json.Dispose();

        /// <summary>Writes the buckets up to the last one that is not empty.</summary>
        private void AddHistogram(ReadOnlySpan<long> buckets)
        {
            _json.WriteStartArray();
            foreach (long count in buckets[..(buckets.LastIndexOfAnyExcept(0) + 1)]) _json.WriteNumberValue(count);
            _json.WriteEndArray();
        }
    }
}
