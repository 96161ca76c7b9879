using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary>The reason why a <see cref="DemoBrain"/> refuses a command. The reasons are those of the small Brain in deploy/brain.</summary>
/// <param name="Reason">A code for programs.</param>
/// <param name="Message">A sentence for people.</param>
internal sealed record DemoRefusal(string Reason, string Message)
{
    public static DemoRefusal BadData(string message) => new("bad_data", message);

    public static DemoRefusal AlreadyEnded(DemoTask task) => new("already_ended", $"{task.RunId} is {task.StatusName}");

    public static DemoRefusal AlreadyPaused(DemoTask task) => new("already_paused", $"{task.RunId} is already paused");

    public static DemoRefusal NotPaused(DemoTask task) => new("not_paused", $"{task.RunId} is not paused");

    public static DemoRefusal NotRunning(DemoTask task) => new("not_running", $"{task.RunId} is {task.StatusName}");

    public static DemoRefusal NotEnded(DemoTask task) => new("not_ended", $"{task.RunId} is {task.StatusName}");

    public static DemoRefusal NotFailed(DemoTask task) => new("not_failed", $"{task.RunId} is {task.StatusName}");

    public static DemoRefusal TakesNoInput(DemoTask task) => new("takes_no_input", $"{task.Id} is not a workflow and does not accept input");

    public static DemoRefusal QueueFull(int queued) =>
        new("queue_full", string.Create(CultureInfo.InvariantCulture, $"{queued} tasks are already waiting"));
}
