using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>Reads and validates the envelope's own fields.</summary>
internal static class EnvelopeReading
{
    /// <summary>Buffer size for an unescaped field name. Every name to compare with is shorter.</summary>
    private const int ShortTextBytes = 32;

    /// <summary>Maximum length of a timestamp. It is forwarded to every client as written, so a fraction of a thousand digits is refused.</summary>
    public const int TimestampBytes = 64;

    private const string ProjectIdDetail = "project_id must be a string or an integer of at most 256 bytes";
    private const string NodeIdDetail = "node_id must be a string of at most 256 bytes";
    private const string ExecutionIdDetail = "execution_id must be a string or an integer of at most 256 bytes";
    private const string IdDetail = "id must be a string or an integer of at most 256 bytes";
    private const string SourceDetail = "source must be a string of at most 256 bytes";
    private const string ReplyToDetail = "reply_to must be a string of 1 to 256 bytes";

    /// <summary>Returns the field for the current property name, or <see cref="EnvelopeField.None"/> for an unknown name.</summary>
    public static EnvelopeField FieldOf(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[ShortTextBytes];
        ReadOnlySpan<byte> name = reader.ShortText(buffer);
        return name.Length switch
        {
            2 when name.SequenceEqual("id"u8) => EnvelopeField.Id,
            3 when name.SequenceEqual("seq"u8) => EnvelopeField.Seq,
            4 when name.SequenceEqual("data"u8) => EnvelopeField.Data,
            4 when name.SequenceEqual("type"u8) => EnvelopeField.Type,
            5 when name.SequenceEqual("event"u8) => EnvelopeField.Event,
            6 when name.SequenceEqual("source"u8) => EnvelopeField.Source,
            7 when name.SequenceEqual("node_id"u8) => EnvelopeField.NodeId,
            8 when name.SequenceEqual("reply_to"u8) => EnvelopeField.ReplyTo,
            9 when name.SequenceEqual("timestamp"u8) => EnvelopeField.Timestamp,
            10 when name.SequenceEqual("project_id"u8) => EnvelopeField.ProjectId,
            11 when name.SequenceEqual("traceparent"u8) => EnvelopeField.TraceParent,
            12 when name.SequenceEqual("execution_id"u8) => EnvelopeField.ExecutionId,
            _ => EnvelopeField.None,
        };
    }

    /// <summary>Reads the current value. Does not advance the reader.</summary>
    public static void ReadField(ref Utf8JsonReader reader, DecodedEvent decoded, EnvelopeField field)
    {
        ref EventSlices slices = ref decoded.Slices;
        switch (field)
        {
            case EnvelopeField.Event:
                ReadName(ref reader, decoded, Scratch.Event, isEvent: true);
                return;
            case EnvelopeField.Type:
                ReadName(ref reader, decoded, Scratch.Type, isEvent: false);
                return;
            case EnvelopeField.Data:
                decoded.Refuse(RefusalReason.BadData, "data must be an object");
                return;
        }

        // A publisher's serializer may write null for an absent value.
        if (reader.TokenType == JsonTokenType.Null) return;
        switch (field)
        {
            case EnvelopeField.Timestamp:
                ReadTimestamp(ref reader, decoded);
                return;
            case EnvelopeField.ProjectId:
                if (ReadText(ref reader, decoded, Scratch.ProjectId, allowInteger: true, ProjectIdDetail, out slices.ProjectId))
                    slices.RawProjectId = reader.Raw();
                return;
            case EnvelopeField.NodeId:
                if (ReadText(ref reader, decoded, Scratch.NodeId, allowInteger: false, NodeIdDetail, out slices.NodeId))
                    slices.RawNodeId = reader.Raw();
                return;
            case EnvelopeField.ExecutionId:
                ReadText(ref reader, decoded, Scratch.ExecutionId, allowInteger: true, ExecutionIdDetail, out slices.ExecutionId);
                return;
            case EnvelopeField.Id:
                if (ReadText(ref reader, decoded, Scratch.Id, allowInteger: true, IdDetail, out slices.Id))
                    slices.RawId = reader.Raw();
                return;
            case EnvelopeField.Source:
                ReadText(ref reader, decoded, Scratch.Source, allowInteger: false, SourceDetail, out slices.Source);
                return;
            case EnvelopeField.Seq:
                if (reader.TryCount(out long seq)) decoded.Seq = seq;
                else decoded.Refuse(RefusalReason.BadField, "seq must be a non-negative integer");
                return;
            case EnvelopeField.TraceParent:
                // Never a reason to refuse: it is for tools, and the event is for clients.
                if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && TraceParent.IsValid(reader.ValueSpan))
                    slices.RawTraceParent = reader.Raw();
                else decoded.HasUnusableTrace = true;
                return;
            case EnvelopeField.ReplyTo:
                if (!ReadText(ref reader, decoded, Scratch.ReplyTo, allowInteger: false, ReplyToDetail, out slices.ReplyTo)) return;
                // An empty id identifies no connection, and the reply must not be broadcast.
                if (slices.ReplyTo.Length == 0) decoded.Refuse(RefusalReason.BadField, ReplyToDetail);
                slices.RawReplyTo = reader.Raw();
                return;
        }
    }

    /// <summary>Returns the message for a duplicate field.</summary>
    public static string DuplicateDetail(EnvelopeField field) => field switch
    {
        EnvelopeField.Event => "event occurs more than once",
        EnvelopeField.Type => "type occurs more than once",
        EnvelopeField.Data => "data occurs more than once",
        EnvelopeField.Timestamp => "timestamp occurs more than once",
        EnvelopeField.ProjectId => "project_id occurs more than once",
        EnvelopeField.NodeId => "node_id occurs more than once",
        EnvelopeField.ExecutionId => "execution_id occurs more than once",
        EnvelopeField.Id => "id occurs more than once",
        EnvelopeField.Seq => "seq occurs more than once",
        EnvelopeField.ReplyTo => "reply_to occurs more than once",
        EnvelopeField.TraceParent => "traceparent occurs more than once",
        _ => "source occurs more than once",
    };

    private static void ReadName(ref Utf8JsonReader reader, DecodedEvent decoded, int scratchOffset, bool isEvent)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            decoded.Refuse(RefusalReason.BadName, isEvent ? "event must be a string" : "type must be a string");
            return;
        }

        if (!reader.TryText(decoded, scratchOffset, EventLimits.NameBytes, out TextSlice name) || name.Length == 0 || HasControl(decoded.Text(name)))
        {
            decoded.Refuse(RefusalReason.BadName, "the event's name must be 1 to 128 bytes of text without control characters");
            return;
        }

        // A client would take such a message for one of the relay's own.
        if (decoded.Text(name).StartsWith("relay:"u8))
        {
            decoded.Refuse(RefusalReason.BadName, "names that begin with relay: are reserved for the relay");
            return;
        }

        ref EventSlices slices = ref decoded.Slices;
        bool isSecond = !slices.RawName.IsEmpty;
        if (isSecond && !decoded.Text(slices.Name).SequenceEqual(decoded.Text(name)))
            decoded.Refuse(RefusalReason.TwoNames, "event and type differ");

        if (isSecond && !isEvent) return;
        slices.Name = name;
        slices.RawName = reader.Raw();
    }

    private static bool ReadText(ref Utf8JsonReader reader, DecodedEvent decoded, int scratchOffset, bool allowInteger, string detail, out TextSlice text)
    {
        text = default;
        bool isValid = (reader.TokenType == JsonTokenType.String || (allowInteger && reader.IsInteger()))
            && reader.TryText(decoded, scratchOffset, EventLimits.KeyBytes, out text);
        if (!isValid) decoded.Refuse(RefusalReason.BadField, detail);
        return isValid;
    }

    private static void ReadTimestamp(ref Utf8JsonReader reader, DecodedEvent decoded)
    {
        Span<byte> buffer = stackalloc byte[TimestampBytes];
        ReadOnlySpan<byte> text = reader.TokenType == JsonTokenType.String ? reader.ShortText(buffer) : [];
        if (text.Length > TimestampBytes || !Rfc3339.TryParse(text, out long unixMs))
        {
            decoded.Refuse(RefusalReason.BadTimestamp, "timestamp must be a string like 2026-02-06T08:30:00.000Z (RFC 3339)");
            return;
        }

        decoded.TimestampMs = unixMs;
        decoded.Slices.RawTimestamp = reader.Raw();
    }

    /// <summary>Returns whether the text has a control character: an ASCII control, DEL, or a C1 control (the two bytes C2 80 to C2 9F).</summary>
    private static bool HasControl(ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0) return false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is < 0x20 or 0x7F || (text[i] == 0xC2 && text[i + 1] < 0xA0)) return true;
        }

        return false;
    }
}

/// <summary>The envelope's own fields, as flags, so that duplicates can be detected.</summary>
[Flags]
internal enum EnvelopeField
{
    None = 0,
    Event = 1,
    Type = 2,
    Data = 4,
    Timestamp = 8,
    ProjectId = 16,
    NodeId = 32,
    ExecutionId = 64,
    Id = 128,
    Seq = 256,
    Source = 512,
    ReplyTo = 1024,
    TraceParent = 2048,
}
