using System.Text.Json.Nodes;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Tests.Cli;

public sealed class DemoBrainTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 4, 10, 1)]
    [InlineData(50, 3, 40, 2)]
    [InlineData(2000, 1, 0, 3)]
    [InlineData(0.5, 8, 100, 4)]
    public void Every_task_goes_through_valid_states_and_the_executor_status_matches(double rate, int slots, double failPercent, int seed)
    {
        const int count = 200;
        var brain = new DemoBrain(new DemoPlan { Rate = rate, Slots = slots, FailPercent = failPercent, Count = count }, new Random(seed));
        var tasks = new Dictionary<string, (string Status, int Progress)>();
        int running = 0;
        int reported = -1;

        foreach (JsonObject made in Play(brain, TimeSpan.FromMilliseconds(50)))
        {
            string name = (string)made["event"]!;
            JsonNode data = made["data"]!;
            if (name == "executor:status")
            {
                Assert.Equal((running, slots - running), ((int)data["activeCount"]!, (int)data["availableSlots"]!));
                reported = running;
                continue;
            }

            // Each change of the executor is reported before the next event of a task.
            if (!name.StartsWith("task:", StringComparison.Ordinal)) continue;
            Assert.Equal(running, reported);
            string id = (string)data["taskId"]!;
            string status = (string)data["status"]!;
            int progress = (int?)data["progress"] ?? 0;
            string before = tasks.TryGetValue(id, out (string Status, int Progress) task) ? task.Status : "none";
            Assert.Equal(
                name switch
                {
                    "task:created" => ("none", "queued"),
                    "task:started" => ("queued", "running"),
                    "task:progress" => ("running", "running"),
                    "task:completed" => ("running", "completed"),
                    "task:failed" => ("running", "failed"),
                    _ => throw new InvalidOperationException(name),
                },
                (before, status));
            Assert.InRange(progress, task.Progress, 100);
            if (name == "task:started") running++;
            if (name is "task:completed" or "task:failed") running--;
            if (name == "task:completed") Assert.Equal(100, progress);
            Assert.InRange(running, 0, slots);
            Assert.Contains((string)made["project_id"]!, new DemoPlan().Projects);
            tasks[id] = (status, progress);
        }

        Assert.Equal(count, tasks.Count);
        Assert.All(tasks.Values, task => Assert.True(task.Status is "completed" or "failed"));
        Assert.Equal((count, 0, 0, count), (brain.Created, brain.Queued, brain.Running, brain.Completed + brain.Failed));
        Assert.InRange(brain.Failed, count * (failPercent - 15) / 100, count * (failPercent + 15) / 100);
    }

    [Fact]
    public void Every_fifth_task_is_an_execution_whose_nodes_run_one_after_the_other()
    {
        var brain = new DemoBrain(new DemoPlan { Rate = 20, Slots = 3, FailPercent = 30, Count = 100 }, new Random(5));
        var executions = new Dictionary<string, List<string>>();
        var ends = new Dictionary<string, string>();

        foreach (JsonObject made in Play(brain, TimeSpan.FromMilliseconds(50)))
        {
            string name = (string)made["event"]!;
            if (name is "task:completed" or "task:failed") ends[(string)made["data"]!["runId"]!] = "execution:" + name["task:".Length..];
            if (made["execution_id"] is not { } id) continue;
            List<string> seen = executions.TryGetValue((string)id!, out List<string>? known) ? known : executions[(string)id!] = [];
            if (name == "node_state_change") seen.Add($"{made["node_id"]} {made["data"]!["status"]}");
            else if (name is "error" || name.StartsWith("execution:", StringComparison.Ordinal)) seen.Add(name);
        }

        Assert.Equal(20, executions.Count);
        string[] order = ["plan running", "plan completed", "work running", "work completed", "answer running", "answer completed"];
        Assert.All(executions, execution =>
        {
            Assert.Equal(ends[execution.Key], execution.Value[^1]);
            bool hasFailed = execution.Value[^1] == "execution:failed";
            Assert.Equal(hasFailed ? "error" : order[^1], execution.Value[^2]);
            Assert.Equal(order.Take(execution.Value.Count - (hasFailed ? 2 : 1)), execution.Value.Take(execution.Value.Count - (hasFailed ? 2 : 1)));
        });
        Assert.Contains(executions.Values, seen => seen[^1] == "execution:failed");
    }

    [Fact]
    public void One_run_at_a_time_now_and_then_waits_for_input()
    {
        var brain = new DemoBrain(new DemoPlan { FailPercent = 50 }, new Random(1));
        var waiting = new HashSet<string>();
        int asked = 0;
        int tasks = 0;

        for (int second = 0; second < 1800; second++)
        {
            foreach (JsonObject made in brain.Step(Start.AddSeconds(second)))
            {
                if ((string)made["event"]! == "task:created") tasks++;
                if ((string)made["event"]! != "node_state_change") continue;
                string execution = (string)made["execution_id"]!;
                if ((string)made["data"]!["status"]! != "waiting_for_input")
                {
                    waiting.Remove(execution);
                    continue;
                }

                asked++;
                Assert.True(waiting.Add(execution) && waiting.Count == 1);
            }
        }

        Assert.InRange(asked, 10, 15);
        // The others do not wait for it.
        Assert.InRange(tasks, 1600, 2000);
        Assert.InRange(brain.Queued, 0, 20);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(300, 4)]
    public void No_run_waits_for_input_with_one_slot_or_a_limited_number_of_tasks(int count, int slots)
    {
        var brain = new DemoBrain(new DemoPlan { Count = count, Slots = slots }, new Random(1));

        for (int second = 0; second < 600; second++)
        {
            Assert.DoesNotContain(brain.Step(Start.AddSeconds(second)), made => (string?)made["data"]!["status"] == "waiting_for_input");
        }
    }

    [Fact]
    public void Length_of_the_steps_does_not_change_the_events()
    {
        var plan = new DemoPlan { Count = 30, Rate = 5 };

        string[] fine = [.. Play(new DemoBrain(plan, new Random(7)), TimeSpan.FromMilliseconds(10)).Select(WithoutTime)];
        string[] coarse = [.. Play(new DemoBrain(plan, new Random(7)), TimeSpan.FromSeconds(3)).Select(WithoutTime)];
        string[] other = [.. Play(new DemoBrain(plan, new Random(8)), TimeSpan.FromSeconds(3)).Select(WithoutTime)];

        Assert.Equal(fine, coarse);
        Assert.NotEqual(fine, other);

        static string WithoutTime(JsonObject made)
        {
            made.Remove("timestamp");
            return made.ToJsonString();
        }
    }

    [Fact]
    public void Number_of_tasks_follows_the_rate()
    {
        var brain = new DemoBrain(new DemoPlan { Rate = 10 }, new Random(1));
        brain.Step(Start);

        brain.Step(Start + TimeSpan.FromSeconds(100));

        Assert.InRange(brain.Created, 900, 1100);
        Assert.False(brain.IsFinished);
    }

    [Fact]
    public void Events_have_the_fields_of_the_Cecelia_format()
    {
        JsonObject[] made = [.. Play(new DemoBrain(new DemoPlan { Count = 1, FailPercent = 100, Projects = ["p"] }, new Random(1)), TimeSpan.FromSeconds(1))];

        Assert.Equal(
            """{"event":"executor:status","data":{"activeCount":0,"availableSlots":4},"timestamp":"2026-01-02T03:04:05.000Z"}""", made[0].ToJsonString());
        Assert.Matches(
            """^\{"event":"task:created","data":\{"taskId":"task-1-[0-9a-f]{4}","status":"queued","title":"[\w ]+"\},"project_id":"p","timestamp":"2026-01-02T03:04:05.000Z"\}$""",
            made[1].ToJsonString());
        JsonObject failed = Assert.Single(made, one => (string)one["event"]! == "task:failed");
        Assert.Matches(
            """^\{"taskId":"task-1-\w{4}","status":"failed","title":"[^"]+","runId":"run-1-\w{4}","progress":\d+,"error":"[^"]+"\}$""",
            failed["data"]!.ToJsonString());
    }

    private static IEnumerable<JsonObject> Play(DemoBrain brain, TimeSpan tick)
    {
        for (DateTimeOffset now = Start; !brain.IsFinished; now += tick)
        {
            Assert.True(now < Start.AddHours(3), "The simulation does not end.");
            foreach (JsonObject made in brain.Step(now)) yield return made;
        }
    }
}
