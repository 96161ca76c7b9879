using System.Buffers.Text;
using System.Text.Unicode;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Recovery;

/// <summary>Reads the entities that <see cref="StateCopy.MoveTo"/> wrote. The text has been stored in Redis and is therefore untrusted.</summary>
internal static class EntityReader
{
    /// <summary>
    /// Maximum nesting. The data of an event may be nested 64 levels; it is four levels deep in this text, and the sides of a project add two more.
    /// </summary>
    private const int MaxDepth = 72;

    /// <summary>Adds all entities in the order in which they were written. The limits of the set apply while it is filled.</summary>
    /// <param name="json">A stream at the first byte of the text.</param>
    /// <param name="length">Length of the text in bytes.</param>
    /// <param name="into">An empty set. Must be discarded after an exception.</param>
    /// <exception cref="StateUnreadableException">The text is not one that was written.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the text did.</exception>
    public static void Read(Stream json, long length, EntitySet into)
    {
        using var elements = new JsonArrayReader(json, length, MaxDepth - 1);
        while (elements.TryRead(out ReadOnlySpan<byte> element))
        {
            Require(Utf8.IsValid(element), "not UTF-8");
            Require(element[0] == '{', "an element is not an object");
            var tagged = new JsonMembers(element);
            Require(tagged.MoveNext() && EntitySections.TryFind(tagged.Name, out _) && tagged.Value[0] == '{', "an element is not an entity");
            EntitySections.TryFind(tagged.Name, out EntityKind kind);
            (Entity entity, byte[] executionId) = ReadEntity(kind, tagged.Value);
            Require(!tagged.MoveNext(), "an element is more than one entity");
            Require(into.Find(kind, entity.Key) is null, "an entity is given twice");
            into.AddExisting(
                entity, executionId, isUncertain: !JsonMembers.Find(tagged.Value, "uncertain"u8).IsEmpty, Count(entity.Json.Get("order"u8), absent: 0));
        }
    }

    /// <summary>Reads an entity and the ID of the execution it belongs to, which is empty when it belongs to none.</summary>
    private static (Entity Entity, byte[] ExecutionId) ReadEntity(EntityKind kind, ReadOnlySpan<byte> json)
    {
        Span<byte> idBuffer = stackalloc byte[EventLimits.KeyBytes],
            projectBuffer = stackalloc byte[EventLimits.KeyBytes],
            executionBuffer = stackalloc byte[EventLimits.KeyBytes];
        ReadOnlySpan<byte> id = Id(json, "id"u8, idBuffer, required: true);
        ReadOnlySpan<byte> project = Id(json, "project_id"u8, projectBuffer, required: false);
        ReadOnlySpan<byte> execution = kind == EntityKind.Execution ? id : Id(json, "execution_id"u8, executionBuffer, required: false);

        Span<byte> pair = stackalloc byte[EntityKeys.MaxLength];
        ReadOnlySpan<byte> key = kind switch
        {
            EntityKind.Node => pair[..EntityKeys.Write(execution, id, pair)],
            EntityKind.Agent => pair[..EntityKeys.Write(project, id, pair)],
            _ => id,
        };
        var entity = new Entity(kind, key.ToArray()) { ProjectId = project.ToArray() };
        Copy(json, entity.Json);
        Restore(entity);
        return (entity, execution.ToArray());
    }

    /// <summary>Copies the members one by one: the text need not have the form without white space that a record requires.</summary>
    private static void Copy(ReadOnlySpan<byte> json, JsonRecord into)
    {
        var members = new JsonMembers(json);
        while (members.MoveNext())
        {
            bool isSection = members.Name.SequenceEqual("data"u8) || members.Name.SequenceEqual("usage"u8);
            if (into.Length == 2) Require(members.Name.SequenceEqual("id"u8), "id is not the first field");
            Require(into.Get(members.Name).IsEmpty, "a field is given twice");
            if (members.Name.SequenceEqual("uncertain"u8)) continue; // Written with each copy, but not part of the record.
            if (isSection)
                Require(
                    members.Value[0] == '{' && into.TryMerge(members.Name, members.Value, Reducer.MaxMergedBytes, Reducer.MaxMergedFields),
                    "a merged value is not an object, or too large");
            else if (IsCompared(members.Name)) SetCanonical(into, members.Name, members.Value);
            else into.Set(members.Name, members.Value);
        }
    }

    /// <summary>Returns true for members that are compared with events by their bytes, so that their escaping matters.</summary>
    private static bool IsCompared(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("id"u8) || name.SequenceEqual("status"u8) || name.SequenceEqual("source"u8);

    private static void SetCanonical(JsonRecord into, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Require(value[0] == '"', "an id, status or source is not a string");
        byte[] text = new byte[value.Length], written = new byte[2 + (JsonText.MaxExpansion * value.Length)];
        Require(JsonText.TryUnescape(value[1..^1], text, out int length), "an id, status or source is not valid text");
        int end = 1 + JsonText.Escape(text.AsSpan(0, length), written.AsSpan(1));
        written[0] = written[end] = (byte)'"';
        into.Set(name, written.AsSpan(0, end + 1));
    }

    /// <summary>Restores the fields of the entity that are not part of its JSON.</summary>
    private static void Restore(Entity entity)
    {
        JsonRecord json = entity.Json;
        ReadOnlySpan<byte> status = json.Get("status"u8);
        entity.IsTerminal = EntityStatus.IsTerminal(status);
        entity.ReceivedMs = Time(json.Get("received"u8));
        long time = Time(json.Get("timestamp"u8));
        if (json.Get("undated"u8).IsEmpty) entity.SeenMs = time;

        entity.Seq = Count(json.Get("seq"u8), absent: -1);
        Require(json.Get("text"u8) is [] or [(byte)'"', ..], "text is not a string");
        Count(json.Get("text_bytes"u8), absent: 0);
        Count(json.Get("messages"u8), absent: 0);
        entity.Changes = CanonicalChanges(json);
    }

    /// <summary>Rewrites the list of changes without white space and returns its length.</summary>
    private static int CanonicalChanges(JsonRecord json)
    {
        byte[] list = json.Get("changes"u8).ToArray();
        if (list.Length == 0) return 0;
        Require(list[0] == '[', "changes is not a list");
        json.Set("changes"u8, "[]"u8);
        int count = 0;
        var entries = new JsonMembers(list);
        while (entries.MoveNext()) count = ChangeList.Add(json, count, entries.Value, int.MaxValue);
        return count;
    }

    private static ReadOnlySpan<byte> Id(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, Span<byte> buffer, bool required)
    {
        ReadOnlySpan<byte> value = JsonMembers.Find(json, name);
        if (value.IsEmpty && !required) return default;
        ReadOnlySpan<byte> id = DataText.Of(value, buffer);
        Require(value.Length >= 2 && value[0] == '"' && (value.Length == 2 || id.Length > 0), "an id is not a string, or is too long");
        return id;
    }

    private static long Time(ReadOnlySpan<byte> value)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        ReadOnlySpan<byte> text = DataText.Of(value, buffer);
        Require(Rfc3339.TryParse(text, out long unixMs), "a time is invalid");
        return unixMs;
    }

    private static long Count(ReadOnlySpan<byte> value, long absent)
    {
        if (value.IsEmpty) return absent;
        Require(Utf8Parser.TryParse(value, out long count, out int read) && read == value.Length && count >= 0, "a count is invalid");
        return count;
    }

    private static void Require(bool condition, string error)
    {
        if (!condition) throw new StateUnreadableException(error);
    }
}
