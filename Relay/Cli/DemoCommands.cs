using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Executes commands that clients sent through the relay: <c>{cmd | type, data, id, connection, user?, project_id?, timestamp}</c>. A command with an
/// <c>id</c> gets a reply, an event with that id as <c>reply_to</c>, which the relay sends to its client only: <c>command:done</c>, or <c>error</c> with a
/// reason. The commands, their data and the reasons are those of the small Brain in deploy/brain. Not thread-safe.
/// </summary>
internal sealed class DemoCommands(DemoBrain brain)
{
    /// <summary>A larger command is ignored; the relay allows 16 KiB by default.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>The value of <c>CECELIA_COMMAND_NAMES</c> with which clients can send every command.</summary>
    public const string Names = "start_session,pause_session,resume_session,cancel_session,retry_session,user_input";

    private const int MaxIdBytes = 256;
    private const int MaxTextLength = 4000;
    private const int MaxTitleLength = 200;
    private const int MaxPromptLength = 2000;
    private const string Program = "conversation";

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    /// <summary>Returns the events that a command causes, and the reply; nothing for a message that is not a command.</summary>
    public IReadOnlyList<JsonObject> Execute(byte[] payload)
    {
        if (payload.Length > MaxBytes || EventText.FindError(payload) is not null) return [];
        using JsonDocument document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = EventText.MaxDepth });
        JsonElement command = document.RootElement;
        string name = (Find(command, "cmd") ?? Find(command, "type")) is { } named ? TextOf(named) ?? named.GetRawText() : "";
        DemoRefusal? refusal = Execute(name, command, out DemoTask? task);
        return [.. brain.TakeEvents(), .. Reply(command, name.Length > 100 ? name[..100] : name, refusal, task)];
    }

    private DemoRefusal? Execute(string name, JsonElement command, out DemoTask? task)
    {
        task = null;
        if (!Names.Split(',').Contains(name, StringComparer.Ordinal)) return new("unknown_command", $"the commands are {Names}");
        if (!command.TryGetProperty("data", out JsonElement data)) data = Empty;
        if (data.ValueKind != JsonValueKind.Object) return DemoRefusal.BadData("data must be an object");
        // An id may be an integer; the demo uses text.
        string? project = Find(command, "project_id") is { } id ? TextOf(id) ?? id.GetRawText() : null;
        if (name == "start_session") return Start(data, project, out task);
        if (FindTask(data, project, out task) is { } refusal) return refusal;
        DemoTask found = task!;
        return name switch
        {
            "pause_session" => brain.Pause(found),
            "resume_session" => brain.Resume(found),
            "cancel_session" => brain.Cancel(found),
            "retry_session" => brain.Retry(found),
            _ => TextOf(Find(data, "text")) is { Length: > 0 and <= MaxTextLength } text
                ? brain.Say(found, text, TextOf(Find(command, "user")) ?? "a user")
                : DemoRefusal.BadData($"data.text must be a string of 1 to {MaxTextLength} characters"),
        };
    }

    private DemoRefusal? Start(JsonElement data, string? project, out DemoTask? task)
    {
        task = null;
        string[] fields = ["workflow", "input", "title", "project_id"];
        if (FindUnknown(data, fields) is { } unknown) return new("unknown_field", $"unknown field {unknown}; allowed: {string.Join(", ", fields)}");
        if (Find(data, "workflow") is { } workflow && TextOf(workflow) != Program) return new("unknown_program", $"workflow must be {Program}");
        if (project is null && Find(data, "project_id") is { } owner) project = TextOf(owner) ?? "";
        if (project is not null && (project.Length == 0 || Encoding.UTF8.GetByteCount(project) > MaxIdBytes))
        {
            return new("bad_project", $"project_id must be a string of 1 to {MaxIdBytes} bytes");
        }

        string? title = null;
        if (Find(data, "title") is { } named && (title = TextOf(named)) is not { Length: > 0 and <= MaxTitleLength })
        {
            return new("bad_title", $"title must be a string of 1 to {MaxTitleLength} characters");
        }

        string? prompt = null;
        bool asks = false;
        if (Find(data, "input") is { } input)
        {
            if (input.ValueKind != JsonValueKind.Object) return new("bad_input", "input must be an object");
            if (FindUnknown(input, ["prompt", "ask"]) is { } other) return new("bad_input", $"unknown field input.{other}; allowed: prompt, ask");
            if (Find(input, "prompt") is { } asked && (prompt = TextOf(asked)) is not { Length: > 0 and <= MaxPromptLength })
            {
                return new("bad_input", $"input.prompt must be a string of 1 to {MaxPromptLength} characters");
            }

            if (Find(input, "ask") is { } ask)
            {
                if (ask.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return new("bad_input", "input.ask must be true or false");
                asks = ask.GetBoolean();
            }
        }

        task = brain.Start(title, project, prompt, asks);
        return task is null ? DemoRefusal.QueueFull(brain.Queued) : null;
    }

    /// <summary>
    /// Finds the task that a command names by its id or by an execution, which must be its last run. A command with a project id reaches only tasks of that
    /// project.
    /// </summary>
    private DemoRefusal? FindTask(JsonElement data, string? project, out DemoTask? task)
    {
        task = null;
        (JsonElement? taskId, JsonElement? executionId) = (Find(data, "taskId"), Find(data, "execution_id"));
        (string? id, string? run) = (TextOf(taskId), TextOf(executionId));
        if (taskId is null && executionId is null) return DemoRefusal.BadData("data must contain a taskId or an execution_id");
        if (taskId is not null && !IsId(id)) return DemoRefusal.BadData("data.taskId must be the id of a task");
        if (executionId is not null && !IsId(run)) return DemoRefusal.BadData("data.execution_id must be the id of an execution");
        DemoTask? found = id is not null ? brain.Tasks.Find(id) : brain.Tasks.FindRun(run!);
        if (found is null || (project is not null && found.Project != project))
        {
            return id is not null ? new("unknown_task", $"there is no task {id}") : new("unknown_execution", $"there is no execution {run}");
        }

        if (run is not null && run != found.RunId)
        {
            return found.EarlierRuns.Contains(run)
                ? new("already_retried", $"{run} has ended, and was retried as {found.RunId}")
                : new("unknown_execution", $"{found.Id} has no execution {run}");
        }

        task = found;
        return null;
    }

    private static IEnumerable<JsonObject> Reply(JsonElement command, string name, DemoRefusal? refusal, DemoTask? task)
    {
        // Without an id there is no client to reply to.
        if (TextOf(Find(command, "id")) is not { } id || !IsId(id)) yield break;
        var data = new JsonObject();
        if (refusal is not null) (data["error"], data["message"]) = (refusal.Reason, refusal.Message);
        data["cmd"] = name;
        if (refusal is null)
        {
            data["taskId"] = task!.Id;
            // The run of any other task is not an execution.
            if (task.IsWorkflow) data["execution_id"] = task.RunId;
        }

        yield return new JsonObject { ["event"] = refusal is null ? "command:done" : "error", ["data"] = data, ["reply_to"] = id };
    }

    private static bool IsId(string? text) => text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= MaxIdBytes;

    private static string? FindUnknown(JsonElement data, string[] known)
    {
        string? name = data.EnumerateObject().Select(field => field.Name).FirstOrDefault(name => !known.Contains(name));
        return name is { Length: > 100 } ? name[..100] : name;
    }

    /// <summary>Returns a member; null if it is absent or null.</summary>
    private static JsonElement? Find(JsonElement data, string name) =>
        data.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Returns the text of a string; null for any other value.</summary>
    private static string? TextOf(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
