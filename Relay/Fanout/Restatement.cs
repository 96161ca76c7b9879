using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.State;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The state told once more in ordinary events, one for each task, executor, execution and node, for a client without the subprotocol that fell behind:
/// it can be told nothing but events, and must still end on what is true (PROTOCOL.md, <i>Slow clients</i>).
/// </summary>
internal static class Restatement
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the state keeps of a project, each by the event that brought it.</summary>
    private static readonly (string Name, string Section)[] Boards = [("file_locks_update", "locks"), ("plan_generated", "plan"), ("coordination_update", "coordination")];

    /// <summary>Whole frames, gathered into pieces of about <paramref name="pieceBytes"/>.</summary>
    public static List<byte[]> Make(StateCopy copy, ViewKind kind, FrameWriter writer, int pieceBytes)
    {
        var pieces = new List<byte[]>();
        var piece = new ArrayBufferWriter<byte>(4096);
        var message = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(message, Options);
        foreach (ref readonly StateItem item in copy.Items)
        {
            using var entity = JsonDocument.Parse(copy.Text(item).ToArray());
            foreach ((string name, string section) in Told(item.Kind, entity.RootElement, kind.Dialect))
            {
                if (!kind.Filter.WantsName(Encoding.UTF8.GetBytes(name))) continue;
                message.ResetWrittenCount();
                json.Reset();
                Write(json, name, item.Kind, section, entity.RootElement, kind.Dialect);
                json.Flush();
                message.WrittenSpan.CopyTo(writer.Begin(message.WrittenCount));
                writer.End(message.WrittenCount);
                ReadOnlySpan<byte> frame = writer.Frame(kind.Encoding);
                if (piece.WrittenCount > 0 && piece.WrittenCount + frame.Length > pieceBytes) Cut();
                piece.Write(frame);
            }
        }

        if (piece.WrittenCount > 0) Cut();
        return pieces;

        void Cut()
        {
            pieces.Add(piece.WrittenSpan.ToArray());
            piece.ResetWrittenCount();
        }
    }

    /// <summary>The events that tell of the entity, and the member of it that has the data of each.</summary>
    private static IEnumerable<(string Name, string Section)> Told(EntityKind kind, JsonElement entity, Dialect dialect)
    {
        if (dialect == Dialect.TaskTree && kind == EntityKind.Project) return Boards.Where(board => entity.TryGetProperty(board.Section, out _));
        return NameOf(kind, entity, dialect) is { } name ? [(name, "")] : [];
    }

    private static string? NameOf(EntityKind kind, JsonElement entity, Dialect dialect) => kind switch
    {
        EntityKind.Task when dialect == Dialect.TaskTree => "task_updated",
        EntityKind.Agent when dialect == Dialect.TaskTree => "agent_status_update",
        EntityKind.Task => Text(entity, "status") switch
        {
            "queued" => "task:created",
            "running" => "task:progress",
            "completed" => "task:completed",
            "failed" => "task:failed",
            _ => entity.TryGetProperty("changes", out JsonElement changes) && changes.GetArrayLength() > 0 ? Text(changes[changes.GetArrayLength() - 1], "event") : null,
        },
        EntityKind.Executor => "executor:status",
        EntityKind.Execution => Text(entity, "status") switch
        {
            null => null,
            "pending" or "running" or "completed" or "failed" => "status",
            { } other => "execution:" + other,
        },
        EntityKind.Node => "node_state_change",
        _ => null,
    };

    private static void Write(Utf8JsonWriter json, string name, EntityKind kind, string section, JsonElement entity, Dialect dialect)
    {
        bool isTaskTree = dialect == Dialect.TaskTree;
        json.WriteStartObject();
        json.WriteString(isTaskTree ? "type" : "event", name);
        // The board of no project has an empty id.
        if (isTaskTree && Text(entity, kind == EntityKind.Project ? "id" : "project_id") is { Length: > 0 } project) json.WriteString("project_id", project);
        if (section.Length == 0) WriteData(json, kind, entity, dialect);
        else entity.GetProperty(section).GetProperty("data").WriteAs(json, "data");
        if (section.Length == 0) Copy("timestamp", "timestamp");
        else entity.GetProperty(section).GetProperty("timestamp").WriteAs(json, "timestamp");
        if (!isTaskTree) Copy("project_id", "project_id");
        if (kind == EntityKind.Node) Copy("id", "node_id");
        json.WriteEndObject();

        void Copy(string from, string to)
        {
            if (entity.TryGetProperty(from, out JsonElement value)) value.WriteAs(json, to);
        }
    }

    private static void WriteData(Utf8JsonWriter json, EntityKind kind, JsonElement entity, Dialect dialect)
    {
        json.WriteStartObject("data");
        if (entity.TryGetProperty("data", out JsonElement data))
        {
            // What the data says of the status may be older than the status: the newest event need not have given one.
            foreach (JsonProperty member in data.EnumerateObject().Where(member => !IsOwn(kind, member.Name, dialect))) member.WriteTo(json);
        }

        if (kind == EntityKind.Task) Copy("id", dialect == Dialect.TaskTree ? "id" : "taskId");
        if (kind == EntityKind.Agent) Copy("id", "agent_id");
        if (kind == EntityKind.Execution) Copy("id", "execution_id");
        if (kind != EntityKind.Executor) Copy("status", "status");
        if (kind is EntityKind.Task or EntityKind.Execution) Copy("progress", "progress");
        if (kind == EntityKind.Execution)
        {
            foreach (string field in (ReadOnlySpan<string>)["message", "result", "error", "execution_time"]) Copy(field, field);
        }

        json.WriteEndObject();

        void Copy(string from, string to)
        {
            if (entity.TryGetProperty(from, out JsonElement value)) value.WriteAs(json, to);
        }
    }

    private static bool IsOwn(EntityKind kind, string name, Dialect dialect) => kind switch
    {
        EntityKind.Task when dialect == Dialect.TaskTree => name is "id" or "status" or "progress",
        EntityKind.Task => name is "taskId" or "status" or "progress",
        EntityKind.Agent => name is "agent_id" or "status",
        EntityKind.Node => name is "status",
        _ => false,
    };

    private static string? Text(JsonElement entity, string name) =>
        entity.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void WriteAs(this JsonElement value, Utf8JsonWriter json, string name)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }
}
