using System.Text.Json;
using System.Text.Unicode;

namespace Cecelia.Relay.Events;

/// <summary>
/// Turns what a publisher sent into a <see cref="DecodedEvent"/>, or refuses it by name. One pass over the bytes, no DOM, no allocation for an
/// event that is taken (nor for one refused, but for <see cref="RefusalReason.NotJson"/>, where the JSON reader throws). Thread-safe: threads may
/// share it, each with an event of its own.
/// </summary>
/// <param name="limits">Bounds of a payload.</param>
/// <param name="time">For timestamps that are too far ahead; null: the system's clock.</param>
internal sealed class EventDecoder(EventLimits limits, TimeProvider? time = null)
{
    /// <summary>
    /// A timestamp that is further ahead of the relay's clock counts as absent: otherwise no later event would change what it is about. More than any time
    /// zone that was left out. Example: a task created in the year 9999 would stay queued.
    /// </summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromHours(24);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // The bound as it was when the clock was last read, in Unix milliseconds: a timestamp below it needs no clock.
    private long _latestMs;

    private readonly string _tooLarge = $"the payload is larger than {limits.MaxBytes} bytes";
    private readonly string _tooDeep = $"objects and arrays are nested deeper than {limits.MaxDepth}";

    /// <summary>Fills <paramref name="into"/>, which then refers to <paramref name="payload"/>. Never throws, whatever the bytes are.</summary>
    public RefusalReason Decode(byte[] payload, DecodedEvent into)
    {
        into.Reset(payload);
        if (IsRefusedUnread(payload, into)) return into.Refusal;

        // One level more than is allowed, so that too deep is found here and not reported as bad syntax by the reader.
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = limits.MaxDepth + 1 });
        try
        {
            if (!TryReadDocument(ref reader, into)) into.RefuseInstead(RefusalReason.TooDeep, _tooDeep);
        }
        catch (JsonException)
        {
            // The reader has no other way to report bad syntax. Whatever was found before it counts less: there is no document.
            into.RefuseInstead(RefusalReason.NotJson, "not one well-formed JSON document");
        }

        if (into.Refusal == RefusalReason.None) Check(into);
        return into.Refusal;
    }

    private bool IsRefusedUnread(ReadOnlySpan<byte> payload, DecodedEvent into)
    {
        if (payload.Length > limits.MaxBytes) into.Refuse(RefusalReason.TooLarge, _tooLarge);
        else if (payload.IndexOfAnyExcept(" \t\r\n"u8) < 0) into.Refuse(RefusalReason.Empty, "the payload is empty");
        else if (payload.StartsWith("\uFEFF"u8)) into.Refuse(RefusalReason.NotJson, "the payload begins with a byte order mark");
        else if (!Utf8.IsValid(payload)) into.Refuse(RefusalReason.InvalidUtf8, "the payload is not UTF-8");
        return into.Refusal != RefusalReason.None;
    }

    /// <summary>Reads to the end of the payload, past faults of meaning too, since bad syntax after them outweighs them. False: too deep.</summary>
    private bool TryReadDocument(ref Utf8JsonReader reader, DecodedEvent into)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            into.Refuse(RefusalReason.NotAnObject, "an event is a JSON object");
            if (!reader.TrySkip(limits.MaxDepth)) return false;
        }
        else if (!TryReadEnvelope(ref reader, into))
        {
            return false;
        }

        // Throws when anything but white space follows the document.
        if (into.Refusal != RefusalReason.TooManyFields) reader.Read();
        return true;
    }

    private bool TryReadEnvelope(ref Utf8JsonReader reader, DecodedEvent into)
    {
        EnvelopeField seen = EnvelopeField.None;
        int members = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (++members > EventLimits.EnvelopeMembers)
            {
                into.Refuse(RefusalReason.TooManyFields, "the envelope has more than 64 fields");
                return true;
            }

            int start = (int)reader.TokenStartIndex;
            EnvelopeField field = EnvelopeReading.FieldOf(ref reader);
            DataField dataField = field is EnvelopeField.None or EnvelopeField.ExecutionId ? DataReading.FieldOf(ref reader) : DataField.Other;
            if ((seen & field) != 0) into.Refuse(RefusalReason.DuplicateField, EnvelopeReading.TwiceDetail(field));
            seen |= field;

            reader.Read();
            if (field == EnvelopeField.Data && reader.TokenType == JsonTokenType.StartObject)
            {
                int dataStart = (int)reader.TokenStartIndex;
                if (!DataReading.TryReadObject(ref reader, into, limits.MaxDepth)) return false;
                into.Slices.Data = new Slice(dataStart, (int)reader.BytesConsumed - dataStart);
                continue;
            }

            if (field != EnvelopeField.None) EnvelopeReading.ReadField(ref reader, into, field);
            else into.IgnoredFields++;
            if (dataField != DataField.Other) DataReading.ReadField(ref reader, into, ref into.Slices.InEnvelope, Scratch.InEnvelope, dataField);
            if (!reader.TrySkip(limits.MaxDepth)) return false;
            if (field is EnvelopeField.None or EnvelopeField.ExecutionId) into.AddMember(start, (int)reader.BytesConsumed);
        }

        if ((seen & (EnvelopeField.Event | EnvelopeField.Type)) == 0) into.Refuse(RefusalReason.NoEvent, "neither event nor type names the event");
        return true;
    }

    /// <summary>What can be judged only when all fields are known.</summary>
    private void Check(DecodedEvent into)
    {
        into.Known = EventNames.Find(into.Name);
        if (!into.HasData)
        {
            if (into.Known is { MayBeFlat: true })
            {
                into.IsFlat = true;
                into.IgnoredFields = 0;
            }
            else if (into.IgnoredFields > 0)
            {
                into.Refuse(RefusalReason.NoData, "fields beside event are not sent on: put the fields into data");
                return;
            }
        }

        DataFaults found = into.IsFlat ? into.Slices.InEnvelope.Faults : into.Slices.InData.Faults;
        DataFaults faults = found & ((into.Known?.Checks ?? DataFaults.None) | DataFaults.OfKeys);
        if (faults != DataFaults.None) into.Refuse(RefusalReason.BadData, DataFaultDetails.Of(faults));
        if (into.TimestampMs <= Volatile.Read(ref _latestMs) || !IsTooFarAhead(into.TimestampMs)) return;
        into.TimestampMs = 0;
        into.Slices.RawTimestamp = default;
        into.IgnoredFields++;
    }

    private bool IsTooFarAhead(long timestampMs)
    {
        long latestMs = (_time.GetUtcNow() + MaxAhead).ToUnixTimeMilliseconds();
        Volatile.Write(ref _latestMs, latestMs);
        return timestampMs > latestMs;
    }
}
