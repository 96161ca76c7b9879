using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>Reads the fields of an event's data that are used as routing keys or checked.</summary>
internal static class DataReading
{
    /// <summary>Buffer size for an unescaped field name or status. Every name to compare with is shorter.</summary>
    private const int ShortTextBytes = 32;

    /// <summary>Reads the current object to its end. Returns false if it is nested too deeply.</summary>
    public static bool TryReadObject(ref Utf8JsonReader reader, DecodedEvent decoded, int maxDepth)
    {
        if (reader.CurrentDepth >= maxDepth) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            DataField field = FieldOf(ref reader);
            reader.Read();
            ReadField(ref reader, decoded, ref decoded.Slices.InData, Scratch.InData, field);
            if (!reader.TrySkip(maxDepth)) return false;
        }

        return true;
    }

    /// <summary>Returns the field for the current property name.</summary>
    public static DataField FieldOf(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[ShortTextBytes];
        ReadOnlySpan<byte> name = reader.ShortText(buffer);
        return name.Length switch
        {
            2 when name.SequenceEqual("id"u8) => DataField.Id,
            5 when name.SequenceEqual("runId"u8) => DataField.RunId,
            6 when name.SequenceEqual("taskId"u8) => DataField.TaskId,
            6 when name.SequenceEqual("status"u8) => DataField.Status,
            6 when name.SequenceEqual("nodeId"u8) => DataField.NodeIdAlternate,
            7 when name.SequenceEqual("task_id"u8) => DataField.TaskIdAlternate,
            7 when name.SequenceEqual("node_id"u8) => DataField.NodeId,
            7 when name.SequenceEqual("agentId"u8) => DataField.AgentIdAlternate,
            8 when name.SequenceEqual("agent_id"u8) => DataField.AgentId,
            8 when name.SequenceEqual("progress"u8) => DataField.Progress,
            9 when name.SequenceEqual("projectId"u8) => DataField.ProjectIdAlternate,
            10 when name.SequenceEqual("project_id"u8) => DataField.ProjectId,
            11 when name.SequenceEqual("executionId"u8) => DataField.ExecutionIdAlternate,
            11 when name.SequenceEqual("activeCount"u8) => DataField.ActiveCount,
            12 when name.SequenceEqual("execution_id"u8) => DataField.ExecutionId,
            14 when name.SequenceEqual("availableSlots"u8) => DataField.AvailableSlots,
            _ => DataField.Other,
        };
    }

    /// <summary>Records the current value and its faults in <paramref name="keys"/>. Does not advance the reader.</summary>
    public static void ReadField(ref Utf8JsonReader reader, DecodedEvent decoded, ref DataKeys keys, int scratchOffset, DataField field)
    {
        switch (field)
        {
            case DataField.Other:
                return;
            case DataField.TaskId:
            case DataField.TaskIdAlternate:
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) keys.Faults |= DataFaults.TaskIdType;
                if (!ReadKey(ref reader, decoded, ref keys.Task, scratchOffset, field == DataField.TaskId)) keys.Faults |= DataFaults.TaskIdText;
                return;
            case DataField.ProjectId:
            case DataField.ProjectIdAlternate:
                scratchOffset += 2 * EventLimits.KeyBytes;
                if (!ReadKey(ref reader, decoded, ref keys.Project, scratchOffset, field == DataField.ProjectId)) keys.Faults |= DataFaults.ProjectIdText;
                return;
            case DataField.ExecutionId:
            case DataField.ExecutionIdAlternate:
                scratchOffset += 4 * EventLimits.KeyBytes;
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null) && !reader.IsInteger()) keys.Faults |= DataFaults.ExecutionIdType;
                if (!ReadKey(ref reader, decoded, ref keys.Execution, scratchOffset, field == DataField.ExecutionId))
                {
                    keys.Faults |= DataFaults.ExecutionIdText;
                }

                return;
            case DataField.NodeId:
                keys.Node = ReadId(ref reader, decoded, scratchOffset + (6 * EventLimits.KeyBytes));
                return;
            case DataField.NodeIdAlternate:
                keys.NodeAlternate = ReadId(ref reader, decoded, scratchOffset + (7 * EventLimits.KeyBytes));
                return;
            case DataField.AgentId:
                keys.Agent = ReadId(ref reader, decoded, scratchOffset + (8 * EventLimits.KeyBytes));
                return;
            case DataField.AgentIdAlternate:
                keys.AgentAlternate = ReadId(ref reader, decoded, scratchOffset + (9 * EventLimits.KeyBytes));
                return;
            case DataField.Id:
                keys.Id = ReadId(ref reader, decoded, scratchOffset + (10 * EventLimits.KeyBytes));
                return;
            default:
                if (reader.TokenType != JsonTokenType.Null) keys.Faults |= FaultsOf(ref reader, field);
                return;
        }
    }

    /// <summary>
    /// Reads a string or an integer (a database id) as a key. Any other value is ignored; it is a fault only if the event is checked for it.
    /// </summary>
    private static bool ReadKey(ref Utf8JsonReader reader, DecodedEvent decoded, ref DataKey key, int scratchOffset, bool isPrimary)
    {
        TextSlice text = default;
        bool isValid = true;
        if (reader.TokenType == JsonTokenType.String || reader.IsInteger())
            isValid = reader.TryText(decoded, isPrimary ? scratchOffset : scratchOffset + EventLimits.KeyBytes, EventLimits.KeyBytes, out text);

        key.Set(text, isPrimary);
        return isValid;
    }

    /// <summary>Reads a string or an integer of at most <see cref="EventLimits.KeyBytes"/>. Any other value is neither an id nor a fault.</summary>
    private static TextSlice ReadId(ref Utf8JsonReader reader, DecodedEvent decoded, int scratchOffset)
    {
        bool isId = reader.TokenType == JsonTokenType.String || reader.IsInteger();
        return isId && reader.TryText(decoded, scratchOffset, EventLimits.KeyBytes, out TextSlice text) ? text : default;
    }

    private static DataFaults FaultsOf(ref Utf8JsonReader reader, DataField field) => field switch
    {
        DataField.RunId => reader.TokenType == JsonTokenType.String ? DataFaults.None : DataFaults.RunIdType,
        DataField.Status => StatusFaults(ref reader),
        DataField.Progress => IsPercentage(ref reader) ? DataFaults.None : DataFaults.Progress,
        DataField.ActiveCount => reader.TryCount(out _) ? DataFaults.None : DataFaults.ActiveCount,
        DataField.AvailableSlots => reader.TryCount(out _) ? DataFaults.None : DataFaults.AvailableSlots,
        _ => DataFaults.None,
    };

    private static DataFaults StatusFaults(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String) return DataFaults.TaskStatus | DataFaults.ExecutionStatus;
        Span<byte> buffer = stackalloc byte[ShortTextBytes];
        ReadOnlySpan<byte> status = reader.ShortText(buffer);
        if (status.SequenceEqual("running"u8) || status.SequenceEqual("completed"u8) || status.SequenceEqual("failed"u8)) return DataFaults.None;
        if (status.SequenceEqual("queued"u8)) return DataFaults.ExecutionStatus;
        return status.SequenceEqual("pending"u8) ? DataFaults.TaskStatus : DataFaults.TaskStatus | DataFaults.ExecutionStatus;
    }

    private static bool IsPercentage(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double value) && value is >= 0 and <= 100;
}

/// <summary>The fields of data that the relay reads. The alternative spelling of a key is used only if the primary spelling is absent.</summary>
internal enum DataField
{
    Other,
    TaskId,
    TaskIdAlternate,
    RunId,
    Status,
    Progress,
    ActiveCount,
    AvailableSlots,
    ProjectId,
    ProjectIdAlternate,
    ExecutionId,
    ExecutionIdAlternate,
    NodeId,
    NodeIdAlternate,
    AgentId,
    AgentIdAlternate,
    Id,
}
