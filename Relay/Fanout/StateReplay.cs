using System.Buffers;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Encodes the entity state as ordinary events, one for each task, executor, execution and node, for a client without the subprotocol that fell behind: it
/// understands nothing but events, and must still reach the current state (PROTOCOL.md, <i>Slow clients</i>). The publishers' text is copied as written, since
/// not all JSON can be decoded: half of a surrogate pair is valid JSON.
/// </summary>
internal static class StateReplay
{
    /// <summary>Bytes of a message without its name and what is copied from the entity.</summary>
    private const int EnvelopeBytes = 256;

    /// <summary>The sections that the state keeps of a project, with the names of their events.</summary>
    private static readonly (string Name, byte[] Section)[] Boards =
        [("file_locks_update", "locks"u8.ToArray()), ("plan_generated", "plan"u8.ToArray()), ("coordination_update", "coordination"u8.ToArray())];

    /// <summary>Returns whole frames, collected into pieces of about <paramref name="pieceBytes"/>.</summary>
    public static List<byte[]> Make(StateCopy copy, ViewKind kind, FrameWriter writer, int pieceBytes)
    {
        var pieces = new List<byte[]>();
        var piece = new ArrayBufferWriter<byte>(4096);
        foreach (ref readonly StateItem item in copy.Items)
        {
            ReadOnlySpan<byte> entity = copy.Text(item);
            if (kind.Format == WireFormat.TaskTree && item.Kind == EntityKind.Project)
            {
                foreach ((string name, byte[] section) in Boards) Add(name, item.Kind, entity, JsonMembers.Find(entity, section));
            }
            else if (NameOf(item.Kind, entity, kind.Format) is { } name)
            {
                Add(name, item.Kind, entity, entity);
            }
        }

        if (piece.WrittenCount > 0) EndPiece();
        return pieces;

        void Add(string text, EntityKind entityKind, ReadOnlySpan<byte> entity, ReadOnlySpan<byte> section)
        {
            byte[] name = Encoding.UTF8.GetBytes(text);
            if (section.IsEmpty || !kind.Filter.WantsName(name)) return;
            var message = new MessageText(writer.Begin(EnvelopeBytes + (name.Length * JsonText.MaxExpansion) + entity.Length));
            Write(ref message, name, entityKind, entity, section, kind.Format);
            writer.End(message.Length);
            ReadOnlySpan<byte> frame = writer.Frame(kind.Encoding);
            if (piece.WrittenCount > 0 && piece.WrittenCount + frame.Length > pieceBytes) EndPiece();
            piece.Write(frame);
        }

        void EndPiece()
        {
            pieces.Add(piece.WrittenSpan.ToArray());
            piece.ResetWrittenCount();
        }
    }

    /// <summary>Returns the name of the event that expresses an entity; null if there is none.</summary>
    private static string? NameOf(EntityKind kind, ReadOnlySpan<byte> entity, WireFormat format) => kind switch
    {
        EntityKind.Task when format == WireFormat.TaskTree => "task_updated",
        EntityKind.Agent when format == WireFormat.TaskTree => "agent_status_update",
        EntityKind.Task => Text(JsonMembers.Find(entity, "status"u8)) switch
        {
            "queued" => "task:created",
            "running" => "task:progress",
            "completed" => "task:completed",
            "failed" => "task:failed",
            _ => LastChange(entity),
        },
        EntityKind.Executor => "executor:status",
        EntityKind.Execution => Text(JsonMembers.Find(entity, "status"u8)) switch
        {
            null => null,
            "pending" or "running" or "completed" or "failed" => "status",
            { } other => "execution:" + other,
        },
        EntityKind.Node => "node_state_change",
        _ => null,
    };

    /// <summary>Returns the name of the newest event about a task; null if none is kept.</summary>
    private static string? LastChange(ReadOnlySpan<byte> task)
    {
        ReadOnlySpan<byte> changes = JsonMembers.Find(task, "changes"u8), last = default;
        if (changes.IsEmpty) return null;
        var elements = new JsonMembers(changes);
        while (elements.MoveNext()) last = elements.Value;
        return last.IsEmpty ? null : Text(JsonMembers.Find(last, "event"u8));
    }

    /// <summary>Writes one event.</summary>
    /// <param name="message">Receives the event.</param>
    /// <param name="name">Name of the event.</param>
    /// <param name="kind">Kind of the entity.</param>
    /// <param name="entity">JSON of the entity.</param>
    /// <param name="section">The object with the data and the timestamp: the entity, or one board of a project.</param>
    /// <param name="format">Wire format of the client.</param>
    private static void Write(
        ref MessageText message, ReadOnlySpan<byte> name, EntityKind kind, ReadOnlySpan<byte> entity, ReadOnlySpan<byte> section, WireFormat format)
    {
        bool isTaskTree = format == WireFormat.TaskTree;
        bool isBoard = isTaskTree && kind == EntityKind.Project;
        ReadOnlySpan<byte> data = JsonMembers.Find(section, "data"u8);
        message.Put(isTaskTree ? "{\"type\":"u8 : "{\"event\":"u8);
        message.PutQuoted(name);
        if (isTaskTree)
        {
            // A board that does not belong to a project has an empty id.
            ReadOnlySpan<byte> project = JsonMembers.Find(entity, isBoard ? "id"u8 : "project_id"u8);
            message.PutOptional(",\"project_id\":"u8, project.SequenceEqual("\"\""u8) ? default : project);
        }

        message.Put(",\"data\":"u8);
        if (isBoard) message.Put(data);
        else WriteData(ref message, kind, entity, data, format);
        message.PutOptional(",\"timestamp\":"u8, JsonMembers.Find(section, "timestamp"u8));
        if (!isTaskTree) message.PutOptional(",\"project_id\":"u8, JsonMembers.Find(entity, "project_id"u8));
        if (kind == EntityKind.Node) message.PutOptional(",\"node_id\":"u8, JsonMembers.Find(entity, "id"u8));
        message.Put("}"u8);
    }

    private static void WriteData(ref MessageText message, EntityKind kind, ReadOnlySpan<byte> entity, ReadOnlySpan<byte> data, WireFormat format)
    {
        bool isFirst = true;
        message.Put("{"u8);
        if (!data.IsEmpty)
        {
            // The status in the data may be older than the entity's: the newest event need not have contained one.
            var members = new JsonMembers(data);
            while (members.MoveNext())
            {
                if (!IsOwn(kind, members, format)) Put(ref message, members.Name, members.Value);
            }
        }

        if (kind == EntityKind.Task) Put(ref message, format == WireFormat.TaskTree ? "id"u8 : "taskId"u8, JsonMembers.Find(entity, "id"u8));
        if (kind == EntityKind.Agent) Put(ref message, "agent_id"u8, JsonMembers.Find(entity, "id"u8));
        if (kind == EntityKind.Execution) Put(ref message, "execution_id"u8, JsonMembers.Find(entity, "id"u8));
        if (kind != EntityKind.Executor) Put(ref message, "status"u8, JsonMembers.Find(entity, "status"u8));
        if (kind is EntityKind.Task or EntityKind.Execution) Put(ref message, "progress"u8, JsonMembers.Find(entity, "progress"u8));
        if (kind == EntityKind.Execution)
        {
            Put(ref message, "message"u8, JsonMembers.Find(entity, "message"u8));
            Put(ref message, "result"u8, JsonMembers.Find(entity, "result"u8));
            Put(ref message, "error"u8, JsonMembers.Find(entity, "error"u8));
            Put(ref message, "execution_time"u8, JsonMembers.Find(entity, "execution_time"u8));
        }

        message.Put("}"u8);

        void Put(ref MessageText message, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (value.IsEmpty) return;
            message.Put(isFirst ? "\""u8 : ",\""u8);
            message.Put(name);
            message.PutOptional("\":"u8, value);
            isFirst = false;
        }
    }

    private static bool IsOwn(EntityKind kind, in JsonMembers member, WireFormat format) => kind switch
    {
        EntityKind.Task when format == WireFormat.TaskTree => member.IsNamed("id"u8) || member.IsNamed("status"u8) || member.IsNamed("progress"u8),
        EntityKind.Task => member.IsNamed("taskId"u8) || member.IsNamed("status"u8) || member.IsNamed("progress"u8),
        EntityKind.Agent => member.IsNamed("agent_id"u8) || member.IsNamed("status"u8),
        EntityKind.Node => member.IsNamed("status"u8),
        _ => false,
    };

    /// <summary>Returns the text of a JSON string; null for anything else, and for half of a surrogate pair.</summary>
    private static string? Text(ReadOnlySpan<byte> json)
    {
        if (json is not [(byte)'"', .. var written, (byte)'"']) return null;
        byte[] text = new byte[written.Length];
        return JsonText.TryUnescape(written, text, out int length) ? Encoding.UTF8.GetString(text, 0, length) : null;
    }
}
