using System.Text;
using System.Text.Json.Nodes;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Tests.Cli;

/// <summary>The commands that the demo obeys, without Redis. The reasons are those of the small Brain (deploy/brain/README.md).</summary>
public sealed class DemoActionTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly DemoCommands _commands;
    private readonly DemoBrain _brain;
    private readonly string _plain;
    private DateTimeOffset _now = Start;

    public DemoActionTests()
    {
        // One task arrives by itself, which is not a workflow. None fails.
        _brain = new DemoBrain(new DemoPlan { Count = 1, FailPercent = 0, Slots = 2 }, new Random(1));
        _commands = new DemoCommands(_brain);
        _plain = (string)_brain.Step(_now).Single(made => Name(made) == "task:created")["data"]!["taskId"]!;
    }

    [Fact]
    public void Start_session_queues_a_workflow_that_runs_to_its_end()
    {
        JsonObject reply = Send("start_session", """{"title":"Mine","project_id":"p1","input":{"prompt":"why"}}""", out List<JsonObject> events);

        (string task, string execution) = Ids(reply);
        Assert.Equal(["task:created", "status", "task:started", "executor:status", "status", "node_state_change"], Names(events));
        Assert.Equal(("Mine", "p1"), ((string?)events[0]["data"]!["title"], (string?)events[0]["project_id"]));
        List<JsonObject> rest = RunUntil("execution:completed");
        Assert.Equal(["plan", "work", "answer"], rest.Where(made => Status(made) == "completed").Select(made => (string?)made["node_id"]).OfType<string>());
        Assert.Contains(rest, made => (string?)made["data"]!["token"] == "You asked: why ");
        Assert.All(
            rest.Where(made => made["node_id"] is not null),
            made => Assert.Equal((execution, "p1"), ((string?)made["execution_id"], (string?)made["project_id"])));
        Assert.Contains(rest, made => Name(made) == "task:completed" && (string?)made["data"]!["taskId"] == task);
    }

    [Fact]
    public void Paused_run_stands_still_until_it_is_resumed()
    {
        (string task, string execution) = Ids(Send("start_session", "{}", out _));

        JsonObject paused = Send("pause_session", Data(task), out List<JsonObject> events);

        Assert.Equal("command:done", Name(paused));
        Assert.Equal(["task_status_changed paused", "execution:paused "], events.Select(made => $"{Name(made)} {Status(made)}"));
        Assert.DoesNotContain(Run(TimeSpan.FromMinutes(5)), made => (string?)made["execution_id"] == execution);
        Assert.Equal("already_paused", Reason(Send("pause_session", Data(task), out _)));
        JsonObject resumed = Send("resume_session", $$"""{"execution_id":"{{execution}}"}""", out events);
        Assert.Equal(("command:done", "task_status_changed running"), (Name(resumed), $"{Name(events[0])} {Status(events[0])}"));
        Assert.Equal("not_paused", Reason(Send("resume_session", Data(task), out _)));
        RunUntil("execution:completed");
    }

    [Fact]
    public void Cancelled_and_failed_tasks_are_retried_as_new_runs_and_others_are_not()
    {
        (string task, string execution) = Ids(Send("start_session", "{}", out _));
        Assert.Equal("not_ended", Reason(Send("retry_session", Data(task), out _)));

        Assert.Equal("command:done", Name(Send("cancel_session", Data(task), out List<JsonObject> events)));

        Assert.Equal(["task:cancelled", "execution:cancelled", "executor:status"], Names(events));
        Assert.Equal("already_ended", Reason(Send("cancel_session", Data(task), out _)));
        JsonObject retried = Send("retry_session", Data(task), out events);
        Assert.Equal((task, execution + "-2"), Ids(retried));
        Assert.Equal(["task:created queued", "status pending", "task:started running"], events.Take(3).Select(made => $"{Name(made)} {Status(made)}"));
        foreach (string command in (string[])["retry_session", "cancel_session", "pause_session"])
        {
            Assert.Equal("already_retried", Reason(Send(command, $$"""{"execution_id":"{{execution}}"}""", out _)));
        }

        RunUntil("execution:completed");
        Assert.Equal("not_failed", Reason(Send("retry_session", Data(task), out _)));
        Assert.Equal((1, 2, 0), (_brain.Cancelled, _brain.Completed, _brain.Failed));
    }

    [Fact]
    public void Queued_task_is_cancelled_and_does_not_start()
    {
        string[] tasks = [.. Enumerable.Range(0, 4).Select(number => Ids(Send("start_session", "{}", out _)).Task)];
        int queued = _brain.Queued;
        Assert.Equal("not_running", Reason(Send("pause_session", Data(tasks[^1]), out _)));

        Send("cancel_session", Data(tasks[^1]), out List<JsonObject> events);

        Assert.Equal(["task:cancelled", "execution:cancelled"], Names(events));
        Assert.Equal(queued - 1, _brain.Queued);
        Assert.DoesNotContain(Run(TimeSpan.FromMinutes(1)), made => (string?)made["data"]!["taskId"] == tasks[^1]);
        Assert.Equal((0, 0), (_brain.Queued, _brain.Running));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_that_asks_waits_for_input_and_continues_with_it(bool isPaused)
    {
        (string task, string execution) = Ids(Send("start_session", """{"input":{"ask":true}}""", out _));
        JsonObject asked = RunUntil("node_state_change", "waiting_for_input")[^1];
        Assert.Equal((execution, "answer"), ((string?)asked["execution_id"], (string?)asked["node_id"]));
        Assert.DoesNotContain(Run(DemoBrain.MaxWait / 2), made => (string?)made["execution_id"] == execution);
        if (isPaused) Send("pause_session", Data(task), out _);

        Assert.Equal("command:done", Name(Send("user_input", $$"""{"taskId":"{{task}}","text":"yes"}""", out List<JsonObject> events, "\"user\":\"ada\",")));

        Assert.Equal(["log ", "node_state_change running", "token_stream "], events.Select(made => $"{Name(made)} {Status(made)}"));
        Assert.Equal(("ada: yes", "You said: yes "), ((string?)events[0]["data"]!["message"], (string?)events[2]["data"]!["token"]));
        if (isPaused) Assert.DoesNotContain(Run(DemoBrain.MaxWait), made => (string?)made["execution_id"] == execution);
        if (isPaused) Send("resume_session", Data(task), out _);
        RunUntil("execution:completed");
    }

    [Fact]
    public void Run_without_input_continues_after_a_while()
    {
        Send("start_session", """{"input":{"ask":true}}""", out _);
        RunUntil("node_state_change", "waiting_for_input");
        DateTimeOffset asked = _now;

        RunUntil("node_state_change", "running");

        Assert.InRange(_now - asked, DemoBrain.MaxWait, DemoBrain.MaxWait + TimeSpan.FromSeconds(1));
        RunUntil("execution:completed");
    }

    [Fact]
    public void Command_that_cannot_be_carried_out_gets_an_error_with_a_reason()
    {
        (string task, string execution) = Ids(Send("start_session", """{"project_id":"p1"}""", out _));
        (string Reason, string Command)[] wrong =
        [
            ("unknown_command", """{"cmd":"rm","data":{}}"""),
            ("unknown_command", """{"cmd":7}"""),
            ("unknown_command", "{}"),
            ("unknown_command", """{"type":"task_updated","data":{"id":"x"}}"""),
            ("bad_data", """{"cmd":"start_session","data":[]}"""),
            ("bad_data", """{"cmd":"start_session","data":null}"""),
            ("unknown_program", """{"cmd":"start_session","data":{"workflow":"sh"}}"""),
            ("unknown_field", """{"cmd":"start_session","data":{"command":"ls"}}"""),
            ("bad_input", """{"cmd":"start_session","data":{"input":{"prompt":7}}}"""),
            ("bad_input", """{"cmd":"start_session","data":{"input":{"ask":"yes"}}}"""),
            ("bad_input", """{"cmd":"start_session","data":{"input":{"file":"x"}}}"""),
            ("bad_title", """{"cmd":"start_session","data":{"title":""}}"""),
            ("bad_project", $$"""{"cmd":"start_session","project_id":"{{new string('x', 257)}}"}"""),
            ("bad_project", """{"cmd":"start_session","data":{"project_id":{}}}"""),
            ("bad_data", """{"cmd":"pause_session"}"""),
            ("bad_data", """{"cmd":"pause_session","data":{"taskId":7}}"""),
            ("bad_data", """{"cmd":"retry_session","data":{"execution_id":""}}"""),
            ("unknown_task", """{"cmd":"cancel_session","data":{"taskId":"none"}}"""),
            ("unknown_task", $$"""{"cmd":"cancel_session","data":{"taskId":"{{task}}"},"project_id":"p2"}"""),
            ("unknown_execution", """{"cmd":"cancel_session","data":{"execution_id":"none"}}"""),
            ("unknown_execution", $$"""{"cmd":"cancel_session","data":{"taskId":"{{_plain}}","execution_id":"{{execution}}" } }"""),
            ("bad_data", $$"""{"cmd":"user_input","data":{"taskId":"{{task}}" } }"""),
            ("bad_data", $$"""{"cmd":"user_input","data":{"taskId":"{{task}}","text":"{{new string('x', 4001)}}" } }"""),
            ("takes_no_input", $$"""{"cmd":"user_input","data":{"taskId":"{{_plain}}","text":"x" } }"""),
            ("not_paused", $$"""{"cmd":"resume_session","data":{"taskId":"{{task}}" } }"""),
        ];

        Assert.All(wrong, one =>
        {
            IReadOnlyList<JsonObject> made = Execute(one.Command.Insert(1, one.Command == "{}" ? "\"id\":\"c\"" : "\"id\":\"c\","));
            JsonObject reply = Assert.Single(made);
            Assert.Equal((one.Reason, "error"), (Reason(reply), Name(reply)));
            Assert.NotEmpty((string)reply["data"]!["message"]!);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"cmd":"rm"}""")]
    [InlineData("""{"cmd":"rm","id":{}}""")]
    [InlineData("""{"cmd":"start_session","id":"\ud800"}""")]
    [InlineData("""{"cmd":"start_session","id":"c","data":{"\ud800":1}}""")]
    public void Message_without_a_client_to_reply_to_has_no_effect(string payload) => Assert.Empty(Execute(payload));

    [Fact]
    public void Queue_and_ended_tasks_are_bounded()
    {
        string first = Ids(Send("start_session", "{}", out _)).Task;
        JsonObject last = Fill();
        Assert.Equal(("queue_full", DemoBrain.MaxQueued), (Reason(last), _brain.Queued));
        Send("cancel_session", Data(first), out _);
        Fill();
        Assert.Equal("queue_full", Reason(Send("retry_session", Data(first), out _)));

        Run(TimeSpan.FromHours(1));

        Assert.Equal(0, _brain.Queued);
        Assert.Equal("unknown_task", Reason(Send("retry_session", Data(first), out _)));

        JsonObject Fill()
        {
            JsonObject reply;
            do reply = Send("start_session", "{}", out _);
            while (Name(reply) != "error" && _brain.Queued <= DemoBrain.MaxQueued);
            return reply;
        }
    }

    private static string Data(string task) => $$"""{"taskId":"{{task}}"}""";

    private static string Name(JsonObject made) => (string)made["event"]!;

    private static string? Status(JsonObject made) => (string?)made["data"]!["status"];

    private static string? Reason(JsonObject reply) => (string?)reply["data"]!["error"];

    private static string[] Names(IEnumerable<JsonObject> events) => [.. events.Select(Name)];

    private static (string Task, string Execution) Ids(JsonObject reply) => ((string)reply["data"]!["taskId"]!, (string)reply["data"]!["execution_id"]!);

    private JsonObject Send(string name, string data, out List<JsonObject> events, string fields = "")
    {
        events = [.. Execute($$"""{"cmd":"{{name}}",{{fields}}"data":{{data}},"id":"c1","connection":"x","timestamp":"2026-01-02T03:04:05Z"}""")];
        JsonObject reply = events[^1];
        events.Remove(reply);
        Assert.Equal(("c1", name), ((string?)reply["reply_to"], (string?)reply["data"]!["cmd"]));
        return reply;
    }

    private IReadOnlyList<JsonObject> Execute(string command) => _commands.Execute(Encoding.UTF8.GetBytes(command));

    private List<JsonObject> Run(TimeSpan time)
    {
        var all = new List<JsonObject>();
        for (DateTimeOffset end = _now + time; _now < end;) all.AddRange(_brain.Step(_now += TimeSpan.FromMilliseconds(50)));
        return all;
    }

    /// <summary>Returns the events up to the first with this name, and status if there is one.</summary>
    private List<JsonObject> RunUntil(string name, string? status = null)
    {
        var all = new List<JsonObject>();
        while (!all.Exists(made => Name(made) == name && (status is null || Status(made) == status)))
        {
            Assert.True(_now < Start.AddHours(1), $"{name} {status} does not come.");
            all.AddRange(_brain.Step(_now += TimeSpan.FromMilliseconds(50)));
        }

        int index = all.FindIndex(made => Name(made) == name && (status is null || Status(made) == status));
        return all[..(index + 1)];
    }
}
