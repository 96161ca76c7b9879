using System.Text.Json.Nodes;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Creates the events of a <see cref="DemoBrain"/>, without their timestamps: tasks in the Cecelia format, executions in the Workflow format.
/// </summary>
internal static class DemoEvents
{
    public static JsonObject ExecutorStatus(int running, int slots) =>
        new() { ["event"] = "executor:status", ["data"] = new JsonObject { ["activeCount"] = running, ["availableSlots"] = slots - running } };

    public static JsonObject OfTask(DemoTask task, string name, string? error = null)
    {
        var data = new JsonObject { ["taskId"] = task.Id, ["status"] = task.StatusName, ["title"] = task.Title };
        // A run begins when the task starts.
        if (task.Status != DemoStatus.Queued)
        {
            data["runId"] = task.RunId;
            data["progress"] = task.Progress;
        }

        if (error is not null) data["error"] = error;
        return new JsonObject { ["event"] = name, ["data"] = data, ["project_id"] = task.Project };
    }

    /// <summary>A status that the Cecelia format does not have. The relay takes it from any event with the id of a task.</summary>
    public static JsonObject StatusOfTask(DemoTask task, string status) => new()
    {
        ["event"] = "task_status_changed",
        ["data"] = new JsonObject { ["id"] = task.Id, ["status"] = status },
        ["project_id"] = task.Project,
    };

    public static JsonObject OfExecution(DemoTask task, string name, JsonObject data) =>
        new() { ["event"] = name, ["data"] = data, ["project_id"] = task.Project, ["execution_id"] = task.RunId };

    /// <summary>The status and the progress of the execution, in the Execution format.</summary>
    public static JsonObject ExecutionStatus(DemoTask task, string status, string? message = null)
    {
        var data = new JsonObject { ["status"] = status, ["progress"] = task.Progress };
        if (message is not null) data["message"] = message;
        return OfExecution(task, "status", data);
    }

    public static JsonObject NodeStatus(DemoTask task, string node, string status) =>
        OfNode(task, node, "node_state_change", new JsonObject { ["status"] = status });

    /// <summary>A node that waits for input.</summary>
    public static JsonObject Question(DemoTask task, string node, string question) =>
        OfNode(task, node, "node_state_change", new JsonObject { ["status"] = "waiting_for_input", ["question"] = question });

    public static JsonObject Text(DemoTask task, string node, string text) => OfNode(task, node, "token_stream", new JsonObject { ["token"] = text + " " });

    public static JsonObject Log(DemoTask task, string message) =>
        OfExecution(task, "log", new JsonObject { ["level"] = "info", ["message"] = message });

    public static JsonObject Usage(DemoTask task)
    {
        int prompt = CountWords(task.Title) + CountWords(task.Run.Prompt);
        return OfExecution(
            task,
            "token_usage",
            new JsonObject { ["prompt_tokens"] = prompt, ["completion_tokens"] = task.Words, ["total_tokens"] = prompt + task.Words });
    }

    public static JsonObject NodeError(DemoTask task, string node, string error) => OfNode(task, node, "error", new JsonObject { ["error"] = error });

    public static int CountWords(string? text) => text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length ?? 0;

    private static JsonObject OfNode(DemoTask task, string node, string name, JsonObject data)
    {
        JsonObject made = OfExecution(task, name, data);
        made["node_id"] = node;
        return made;
    }
}
