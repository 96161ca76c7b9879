using System.Text.Json;
using System.Text.Unicode;

namespace Cecelia.Relay.Events;

/// <summary>
/// Decodes a publisher's payload into a <see cref="DecodedEvent"/>, or refuses it with a reason. One pass over the bytes, no DOM, and no allocation for
/// an accepted event (nor for a refused one, except for <see cref="RefusalReason.NotJson"/>, where the JSON reader throws). Thread-safe: threads may share
/// an instance, each with its own <see cref="DecodedEvent"/>.
/// </summary>
/// <remarks>
/// <para>
/// JSON has no order of members, so nothing can be validated against the event's name before the end of the envelope. Each field is therefore recorded
/// when it is read, together with its faults, and the faults are filtered by the event's name in the end.
/// </para>
/// <para>
/// Example: <c>{"data":{"taskId":"t1","progress":150},"event":"task:progress"}</c>.
/// (1) <c>data</c> is at offset 8 and 30 bytes long. While it is read, the routing key <c>t1</c> is recorded as the slice (19, 2), and <c>progress</c>
/// records <see cref="DataFaults.Progress"/>, since 150 is more than 100.
/// (2) <c>event</c> is read: the name is the slice (48, 13).
/// (3) After the last byte the name is looked up. <c>task:progress</c> is checked for <see cref="DataFaults.Progress"/>, so the event is refused with
/// <see cref="RefusalReason.BadData"/>. Under the unknown name <c>my:event</c>, which is checked for routing keys only, it would be accepted.
/// </para>
/// <para>
/// A flat message such as <c>{"type":"status","execution_id":"e1","status":"running"}</c> is decoded in the same pass: the members of the envelope are
/// recorded as if they were members of <c>data</c> too, and used if there is no <c>data</c> and the name allows it.
/// </para>
/// </remarks>
/// <param name="limits">Limits of a payload.</param>
/// <param name="time">The clock that timestamps are compared with; null for the system's clock.</param>
internal sealed class EventDecoder(EventLimits limits, TimeProvider? time = null)
{
    /// <summary>
    /// How far a timestamp may be ahead of the relay's clock. A later timestamp counts as absent, because otherwise no later event could change the entity:
    /// a task created in the year 9999 would stay queued. More than the offset of any time zone, since a publisher may omit the zone.
    /// </summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromHours(24);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // The limit when the clock was last read, in Unix milliseconds. An earlier timestamp is accepted without reading the clock.
    private long _maxTimestampMs;

    private readonly string _tooLarge = $"the payload is larger than {limits.MaxBytes} bytes";
    private readonly string _tooDeep = $"objects and arrays are nested deeper than {limits.MaxDepth}";

    /// <summary>Decodes <paramref name="payload"/> into <paramref name="decoded"/>, which then refers to it. Never throws, for any payload.</summary>
    public RefusalReason Decode(byte[] payload, DecodedEvent decoded)
    {
        decoded.Reset(payload);
        if (IsRefusedBeforeParsing(payload, decoded)) return decoded.Refusal;

        // One level more than allowed, so that excessive nesting is detected here and not reported as a syntax error by the reader.
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = limits.MaxDepth + 1 });
        try
        {
            if (!TryReadDocument(ref reader, decoded)) decoded.ReplaceRefusal(RefusalReason.TooDeep, _tooDeep);
        }
        catch (JsonException)
        {
            // The reader has no other way to report a syntax error. It takes precedence over earlier faults, since there is no document.
            decoded.ReplaceRefusal(RefusalReason.NotJson, "the payload is not one well-formed JSON document");
        }

        if (decoded.Refusal == RefusalReason.None) Validate(decoded);
        return decoded.Refusal;
    }

    private bool IsRefusedBeforeParsing(ReadOnlySpan<byte> payload, DecodedEvent decoded)
    {
        if (payload.Length > limits.MaxBytes) decoded.Refuse(RefusalReason.TooLarge, _tooLarge);
        else if (payload.IndexOfAnyExcept(" \t\r\n"u8) < 0) decoded.Refuse(RefusalReason.Empty, "the payload is empty");
        else if (payload.StartsWith("\uFEFF"u8)) decoded.Refuse(RefusalReason.NotJson, "the payload begins with a byte order mark");
        else if (!Utf8.IsValid(payload)) decoded.Refuse(RefusalReason.InvalidUtf8, "the payload is not UTF-8");
        return decoded.Refusal != RefusalReason.None;
    }

    /// <summary>
    /// Reads to the end of the payload, even after a semantic fault, since a syntax error takes precedence. Returns false if it is nested too deeply.
    /// </summary>
    private bool TryReadDocument(ref Utf8JsonReader reader, DecodedEvent decoded)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            decoded.Refuse(RefusalReason.NotAnObject, "an event must be a JSON object");
            if (!reader.TrySkip(limits.MaxDepth)) return false;
        }
        else if (!TryReadEnvelope(ref reader, decoded))
        {
            return false;
        }

        // Throws if anything but white space follows the document.
        if (decoded.Refusal != RefusalReason.TooManyFields) reader.Read();
        return true;
    }

    private bool TryReadEnvelope(ref Utf8JsonReader reader, DecodedEvent decoded)
    {
        EnvelopeField seen = EnvelopeField.None;
        int members = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (++members > EventLimits.EnvelopeMembers)
            {
                decoded.Refuse(RefusalReason.TooManyFields, "the envelope has more than 64 fields");
                return true;
            }

            int start = (int)reader.TokenStartIndex;
            EnvelopeField field = EnvelopeReading.FieldOf(ref reader);
            DataField dataField = field is EnvelopeField.None or EnvelopeField.ExecutionId ? DataReading.FieldOf(ref reader) : DataField.Other;
            if ((seen & field) != 0) decoded.Refuse(RefusalReason.DuplicateField, EnvelopeReading.DuplicateDetail(field));
            seen |= field;

            reader.Read();
            if (field == EnvelopeField.Data && reader.TokenType == JsonTokenType.StartObject)
            {
                int dataStart = (int)reader.TokenStartIndex;
                if (!DataReading.TryReadObject(ref reader, decoded, limits.MaxDepth)) return false;
                decoded.Slices.Data = new Slice(dataStart, (int)reader.BytesConsumed - dataStart);
                continue;
            }

            if (field != EnvelopeField.None) EnvelopeReading.ReadField(ref reader, decoded, field);
            else decoded.IgnoredFields++;
            if (dataField != DataField.Other) DataReading.ReadField(ref reader, decoded, ref decoded.Slices.InEnvelope, Scratch.InEnvelope, dataField);
            if (!reader.TrySkip(limits.MaxDepth)) return false;
            if (field is EnvelopeField.None or EnvelopeField.ExecutionId) decoded.AddMember(start, (int)reader.BytesConsumed);
        }

        if ((seen & (EnvelopeField.Event | EnvelopeField.Type)) == 0) decoded.Refuse(RefusalReason.NoEvent, "the envelope has neither event nor type");
        return true;
    }

    /// <summary>Performs the checks that need all fields.</summary>
    private void Validate(DecodedEvent decoded)
    {
        decoded.Known = EventNames.Find(decoded.Name);
        if (!decoded.HasData)
        {
            if (decoded.Known is { MayBeFlat: true })
            {
                decoded.IsFlat = true;
                decoded.IgnoredFields = 0;
            }
            else if (decoded.IgnoredFields > 0)
            {
                decoded.Refuse(RefusalReason.NoData, "the envelope has no data, and its other fields are not forwarded: move the fields into data");
                return;
            }
        }

        DataFaults recorded = decoded.IsFlat ? decoded.Slices.InEnvelope.Faults : decoded.Slices.InData.Faults;
        DataFaults faults = recorded & ((decoded.Known?.Checks ?? DataFaults.None) | DataFaults.RoutingKeys);
        if (faults != DataFaults.None) decoded.Refuse(RefusalReason.BadData, DataFaultDetails.Of(faults));
        if (decoded.HasUnusableTrace) decoded.IgnoredFields++;
        if (decoded.TimestampMs <= Volatile.Read(ref _maxTimestampMs) || !IsTooFarAhead(decoded.TimestampMs)) return;
        decoded.TimestampMs = 0;
        decoded.Slices.RawTimestamp = default;
        decoded.IgnoredFields++;
    }

    private bool IsTooFarAhead(long timestampMs)
    {
        long maxTimestampMs = (_time.GetUtcNow() + MaxAhead).ToUnixTimeMilliseconds();
        Volatile.Write(ref _maxTimestampMs, maxTimestampMs);
        return timestampMs > maxTimestampMs;
    }
}
