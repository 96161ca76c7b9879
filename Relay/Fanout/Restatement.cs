using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// The state told once more in ordinary events, one for each task, executor, execution and node, for a client without the subprotocol that fell behind:
/// it can be told nothing but events, and must still end on what is true (PROTOCOL.md, <i>Slow clients</i>).
/// </summary>
internal static class Restatement
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whole frames, gathered into pieces of about <paramref name="pieceBytes"/>.</summary>
    public static List<byte[]> Make(StateCopy copy, ViewKind kind, FrameWriter writer, int pieceBytes)
    {
        var pieces = new List<byte[]>();
        var piece = new ArrayBufferWriter<byte>(4096);
        var message = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(message, Options);
        foreach (ref readonly StateItem item in copy.Items)
        {
            message.ResetWrittenCount();
            json.Reset();
            using var entity = JsonDocument.Parse(copy.Text(item).ToArray());
            if (NameOf(item.Kind, entity.RootElement) is not { } name || !kind.Filter.WantsName(Encoding.UTF8.GetBytes(name))) continue;
            Write(json, name, item.Kind, entity.RootElement);
            json.Flush();
            message.WrittenSpan.CopyTo(writer.Begin(message.WrittenCount));
            writer.End(message.WrittenCount);
            ReadOnlySpan<byte> frame = writer.Frame(kind.Encoding);
            if (piece.WrittenCount > 0 && piece.WrittenCount + frame.Length > pieceBytes) Cut();
            piece.Write(frame);
        }

        if (piece.WrittenCount > 0) Cut();
        return pieces;

        void Cut()
        {
            pieces.Add(piece.WrittenSpan.ToArray());
            piece.ResetWrittenCount();
        }
    }

    private static string? NameOf(EntityKind kind, JsonElement entity) => kind switch
    {
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

    private static void Write(Utf8JsonWriter json, string name, EntityKind kind, JsonElement entity)
    {
        json.WriteStartObject();
        json.WriteString("event", name);
        json.WriteStartObject("data");
        if (entity.TryGetProperty("data", out JsonElement data))
        {
            // What the data says of the status may be older than the status: the newest event need not have given one.
            foreach (JsonProperty member in data.EnumerateObject().Where(member => !IsOwn(kind, member.Name))) member.WriteTo(json);
        }

        if (kind == EntityKind.Task) Copy("id", "taskId");
        if (kind == EntityKind.Execution) Copy("id", "execution_id");
        if (kind != EntityKind.Executor) Copy("status", "status");
        if (kind is EntityKind.Task or EntityKind.Execution) Copy("progress", "progress");
        if (kind == EntityKind.Execution)
        {
            foreach (string field in (ReadOnlySpan<string>)["message", "result", "error", "execution_time"]) Copy(field, field);
        }

        json.WriteEndObject();
        Copy("timestamp", "timestamp");
        Copy("project_id", "project_id");
        if (kind == EntityKind.Node) Copy("id", "node_id");
        json.WriteEndObject();

        void Copy(string from, string to)
        {
            if (!entity.TryGetProperty(from, out JsonElement value)) return;
            json.WritePropertyName(to);
            value.WriteTo(json);
        }
    }

    private static bool IsOwn(EntityKind kind, string name) => kind switch
    {
        EntityKind.Task => name is "taskId" or "status" or "progress",
        EntityKind.Node => name is "status",
        _ => false,
    };

    private static string? Text(JsonElement entity, string name) =>
        entity.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
