using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>Reads the envelope's own fields into the event, or refuses them.</summary>
internal static class EnvelopeReading
{
    /// <summary>Longest field name to compare with, with room to spare.</summary>
    private const int WordBytes = 32;

    /// <summary>Longest timestamp. It goes out to every client as written, so a fraction of a thousand digits is refused.</summary>
    public const int TimestampBytes = 64;

    private const string ProjectIdDetail = "project_id must be a string or an integer of at most 256 bytes";
    private const string NodeIdDetail = "node_id must be a string of at most 256 bytes";
    private const string ExecutionIdDetail = "execution_id must be a string or an integer of at most 256 bytes";
    private const string IdDetail = "id must be a string or an integer of at most 256 bytes";
    private const string SourceDetail = "source must be a string of at most 256 bytes";
    private const string ReplyToDetail = "reply_to must be a string of 1 to 256 bytes";

    /// <summary>The field that the property name under the reader stands for; none when it is not one of ours.</summary>
    public static EnvelopeField FieldOf(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[WordBytes];
        ReadOnlySpan<byte> name = reader.Word(buffer);
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
            12 when name.SequenceEqual("execution_id"u8) => EnvelopeField.ExecutionId,
            _ => EnvelopeField.None,
        };
    }

    /// <summary>Reads the value under the reader. Does not move it.</summary>
    public static void ReadField(ref Utf8JsonReader reader, DecodedEvent into, EnvelopeField field)
    {
        ref EventSlices slices = ref into.Slices;
        switch (field)
        {
            case EnvelopeField.Event:
                ReadName(ref reader, into, Scratch.Event, isEvent: true);
                return;
            case EnvelopeField.Type:
                ReadName(ref reader, into, Scratch.Type, isEvent: false);
                return;
            case EnvelopeField.Data:
                into.Refuse(RefusalReason.BadData, "data must be an object");
                return;
        }

        // A publisher's serialiser may write null for whatever it does not have.
        if (reader.TokenType == JsonTokenType.Null) return;
        switch (field)
        {
            case EnvelopeField.Timestamp:
                ReadTimestamp(ref reader, into);
                return;
            case EnvelopeField.ProjectId:
                if (ReadText(ref reader, into, Scratch.ProjectId, integerToo: true, ProjectIdDetail, out slices.ProjectId))
                    slices.RawProjectId = reader.Raw();
                return;
            case EnvelopeField.NodeId:
                if (ReadText(ref reader, into, Scratch.NodeId, integerToo: false, NodeIdDetail, out slices.NodeId))
                    slices.RawNodeId = reader.Raw();
                return;
            case EnvelopeField.ExecutionId:
                ReadText(ref reader, into, Scratch.ExecutionId, integerToo: true, ExecutionIdDetail, out slices.ExecutionId);
                return;
            case EnvelopeField.Id:
                if (ReadText(ref reader, into, Scratch.Id, integerToo: true, IdDetail, out slices.Id))
                    slices.RawId = reader.Raw();
                return;
            case EnvelopeField.Source:
                ReadText(ref reader, into, Scratch.Source, integerToo: false, SourceDetail, out slices.Source);
                return;
            case EnvelopeField.Seq:
                if (reader.TryCount(out long seq)) into.Seq = seq;
                else into.Refuse(RefusalReason.BadField, "seq must be an integer of 0 or more");
                return;
            case EnvelopeField.ReplyTo:
                if (!ReadText(ref reader, into, Scratch.ReplyTo, integerToo: false, ReplyToDetail, out slices.ReplyTo)) return;
                // Without a name it is for nobody, and must not go to everybody.
                if (slices.ReplyTo.Length == 0) into.Refuse(RefusalReason.BadField, ReplyToDetail);
                slices.RawReplyTo = reader.Raw();
                return;
        }
    }

    /// <summary>The sentence for a field that is given twice.</summary>
    public static string TwiceDetail(EnvelopeField field) => field switch
    {
        EnvelopeField.Event => "event is given twice",
        EnvelopeField.Type => "type is given twice",
        EnvelopeField.Data => "data is given twice",
        EnvelopeField.Timestamp => "timestamp is given twice",
        EnvelopeField.ProjectId => "project_id is given twice",
        EnvelopeField.NodeId => "node_id is given twice",
        EnvelopeField.ExecutionId => "execution_id is given twice",
        EnvelopeField.Id => "id is given twice",
        EnvelopeField.Seq => "seq is given twice",
        EnvelopeField.ReplyTo => "reply_to is given twice",
        _ => "source is given twice",
    };

    private static void ReadName(ref Utf8JsonReader reader, DecodedEvent into, int place, bool isEvent)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            into.Refuse(RefusalReason.BadName, isEvent ? "event must be a string" : "type must be a string");
            return;
        }

        if (!reader.TryText(into, place, EventLimits.NameBytes, out TextSlice name) || name.Length == 0 || HasControl(into.Text(name)))
        {
            into.Refuse(RefusalReason.BadName, "the event's name must be 1 to 128 bytes of text without control characters");
            return;
        }

        // A client takes such a message for the relay's own.
        if (into.Text(name).StartsWith("relay:"u8))
        {
            into.Refuse(RefusalReason.BadName, "names that begin with relay: are the relay's own");
            return;
        }

        ref EventSlices slices = ref into.Slices;
        bool second = !slices.RawName.IsEmpty;
        if (second && !into.Text(slices.Name).SequenceEqual(into.Text(name)))
            into.Refuse(RefusalReason.TwoNames, "event and type name different events");

        if (second && !isEvent) return;
        slices.Name = name;
        slices.RawName = reader.Raw();
    }

    private static bool ReadText(ref Utf8JsonReader reader, DecodedEvent into, int place, bool integerToo, string detail, out TextSlice text)
    {
        text = default;
        bool good = (reader.TokenType == JsonTokenType.String || (integerToo && reader.IsInteger()))
            && reader.TryText(into, place, EventLimits.KeyBytes, out text);
        if (!good) into.Refuse(RefusalReason.BadField, detail);
        return good;
    }

    private static void ReadTimestamp(ref Utf8JsonReader reader, DecodedEvent into)
    {
        Span<byte> buffer = stackalloc byte[TimestampBytes];
        ReadOnlySpan<byte> text = reader.TokenType == JsonTokenType.String ? reader.Word(buffer) : [];
        if (text.Length > TimestampBytes || !Rfc3339.TryParse(text, out long unixMs))
        {
            into.Refuse(RefusalReason.BadTimestamp, "timestamp must be a string like 2026-02-06T08:30:00.000Z (RFC 3339)");
            return;
        }

        into.TimestampMs = unixMs;
        into.Slices.RawTimestamp = reader.Raw();
    }

    /// <summary>ASCII controls, delete, and the C1 controls, which are the two bytes C2 80 to C2 9F.</summary>
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

/// <summary>The envelope's own fields, as a set, so that a repeated one is noticed.</summary>
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
}
