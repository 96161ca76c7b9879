using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>Reads the fields of an event's data that the relay routes by or checks.</summary>
internal static class DataReading
{
    /// <summary>Longest field name and status word to compare with, with room to spare.</summary>
    private const int WordBytes = 32;

    /// <summary>Reads the object the reader stands on to its end; false when it is nested too deep.</summary>
    public static bool TryReadObject(ref Utf8JsonReader reader, DecodedEvent into, int maxDepth)
    {
        if (reader.CurrentDepth >= maxDepth) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            DataField field = FieldOf(ref reader);
            reader.Read();
            ReadField(ref reader, into, ref into.Slices.InData, Scratch.InData, field);
            if (!reader.TrySkip(maxDepth)) return false;
        }

        return true;
    }

    /// <summary>The field that the property name under the reader stands for.</summary>
    public static DataField FieldOf(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[WordBytes];
        ReadOnlySpan<byte> name = reader.Word(buffer);
        return name.Length switch
        {
            2 when name.SequenceEqual("id"u8) => DataField.Id,
            5 when name.SequenceEqual("runId"u8) => DataField.RunId,
            6 when name.SequenceEqual("taskId"u8) => DataField.TaskId,
            6 when name.SequenceEqual("status"u8) => DataField.Status,
            6 when name.SequenceEqual("nodeId"u8) => DataField.NodeIdSecond,
            7 when name.SequenceEqual("task_id"u8) => DataField.TaskIdSecond,
            7 when name.SequenceEqual("node_id"u8) => DataField.NodeId,
            7 when name.SequenceEqual("agentId"u8) => DataField.AgentIdSecond,
            8 when name.SequenceEqual("agent_id"u8) => DataField.AgentId,
            8 when name.SequenceEqual("progress"u8) => DataField.Progress,
            9 when name.SequenceEqual("projectId"u8) => DataField.ProjectIdSecond,
            10 when name.SequenceEqual("project_id"u8) => DataField.ProjectId,
            11 when name.SequenceEqual("executionId"u8) => DataField.ExecutionIdSecond,
            11 when name.SequenceEqual("activeCount"u8) => DataField.ActiveCount,
            12 when name.SequenceEqual("execution_id"u8) => DataField.ExecutionId,
            14 when name.SequenceEqual("availableSlots"u8) => DataField.AvailableSlots,
            _ => DataField.Other,
        };
    }

    /// <summary>Notes the value under the reader, and what is wrong with it, in <paramref name="keys"/>. Does not move the reader.</summary>
    public static void ReadField(ref Utf8JsonReader reader, DecodedEvent into, ref DataKeys keys, int scratch, DataField field)
    {
        switch (field)
        {
            case DataField.Other:
                return;
            case DataField.TaskId:
            case DataField.TaskIdSecond:
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) keys.Faults |= DataFaults.TaskIdType;
                if (!ReadKey(ref reader, into, ref keys.Task, scratch, field == DataField.TaskId)) keys.Faults |= DataFaults.TaskIdText;
                return;
            case DataField.ProjectId:
            case DataField.ProjectIdSecond:
                scratch += 2 * EventLimits.KeyBytes;
                if (!ReadKey(ref reader, into, ref keys.Project, scratch, field == DataField.ProjectId)) keys.Faults |= DataFaults.ProjectIdText;
                return;
            case DataField.ExecutionId:
            case DataField.ExecutionIdSecond:
                scratch += 4 * EventLimits.KeyBytes;
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null) && !reader.IsInteger()) keys.Faults |= DataFaults.ExecutionIdType;
                if (!ReadKey(ref reader, into, ref keys.Execution, scratch, field == DataField.ExecutionId)) keys.Faults |= DataFaults.ExecutionIdText;
                return;
            case DataField.NodeId:
                keys.Node = ReadId(ref reader, into, scratch + (6 * EventLimits.KeyBytes));
                return;
            case DataField.NodeIdSecond:
                keys.NodeSecond = ReadId(ref reader, into, scratch + (7 * EventLimits.KeyBytes));
                return;
            case DataField.AgentId:
                keys.Agent = ReadId(ref reader, into, scratch + (8 * EventLimits.KeyBytes));
                return;
            case DataField.AgentIdSecond:
                keys.AgentSecond = ReadId(ref reader, into, scratch + (9 * EventLimits.KeyBytes));
                return;
            case DataField.Id:
                keys.Id = ReadId(ref reader, into, scratch + (10 * EventLimits.KeyBytes));
                return;
            default:
                if (reader.TokenType != JsonTokenType.Null) keys.Faults |= FaultsOf(ref reader, field);
                return;
        }
    }

    /// <summary>A string or an integer is a key (databases number things); anything else is none, which is a fault only where a check says so.</summary>
    private static bool ReadKey(ref Utf8JsonReader reader, DecodedEvent into, ref DataKey key, int scratch, bool firstSpelling)
    {
        TextSlice text = default;
        bool good = true;
        if (reader.TokenType == JsonTokenType.String || reader.IsInteger())
            good = reader.TryText(into, firstSpelling ? scratch : scratch + EventLimits.KeyBytes, EventLimits.KeyBytes, out text);

        key.Set(text, firstSpelling);
        return good;
    }

    /// <summary>A string or an integer of at most <see cref="EventLimits.KeyBytes"/>; anything else is not an id and not a fault.</summary>
    private static TextSlice ReadId(ref Utf8JsonReader reader, DecodedEvent into, int scratch)
    {
        bool isId = reader.TokenType == JsonTokenType.String || reader.IsInteger();
        return isId && reader.TryText(into, scratch, EventLimits.KeyBytes, out TextSlice text) ? text : default;
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
        Span<byte> buffer = stackalloc byte[WordBytes];
        ReadOnlySpan<byte> word = reader.Word(buffer);
        if (word.SequenceEqual("running"u8) || word.SequenceEqual("completed"u8) || word.SequenceEqual("failed"u8)) return DataFaults.None;
        if (word.SequenceEqual("queued"u8)) return DataFaults.ExecutionStatus;
        return word.SequenceEqual("pending"u8) ? DataFaults.TaskStatus : DataFaults.TaskStatus | DataFaults.ExecutionStatus;
    }

    private static bool IsPercentage(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double value) && value is >= 0 and <= 100;
}

/// <summary>The fields of data that the relay looks at; the second spelling of a key gives way to the first.</summary>
internal enum DataField
{
    Other,
    TaskId,
    TaskIdSecond,
    RunId,
    Status,
    Progress,
    ActiveCount,
    AvailableSlots,
    ProjectId,
    ProjectIdSecond,
    ExecutionId,
    ExecutionIdSecond,
    NodeId,
    NodeIdSecond,
    AgentId,
    AgentIdSecond,
    Id,
}
