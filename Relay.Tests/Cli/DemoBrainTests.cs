using System.Text.Json;
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
    public void Life_of_every_task_is_legal_and_the_executor_counts_right(double rate, int slots, double failPercent, int seed)
    {
        const int count = 200;
        var brain = new DemoBrain(new DemoPlan { Rate = rate, Slots = slots, FailPercent = failPercent, Count = count, Seed = seed });
        var tasks = new Dictionary<string, (string Status, int Progress)>();
        int running = 0;
        int reported = -1;

        foreach (DemoEvent happened in Play(brain, TimeSpan.FromMilliseconds(50)))
        {
            if (happened.Name == "executor:status")
            {
                Assert.Equal((running, slots - running), (happened.ActiveCount, happened.AvailableSlots));
                reported = running;
                continue;
            }

            // Each change was reported before the next thing happened.
            Assert.Equal(running, reported);
            string id = happened.TaskId!;
            string before = tasks.TryGetValue(id, out (string Status, int Progress) task) ? task.Status : "none";
            Assert.Equal(
                happened.Name switch
                {
                    "task:created" => ("none", "queued"),
                    "task:started" => ("queued", "running"),
                    "task:progress" => ("running", "running"),
                    "task:completed" => ("running", "completed"),
                    "task:failed" => ("running", "failed"),
                    _ => throw new InvalidOperationException(happened.Name),
                },
                (before, happened.Status!));
            Assert.InRange(happened.Progress ?? 0, task.Progress, 100);
            if (happened.Name == "task:started") running++;
            if (happened.Name is "task:completed" or "task:failed") running--;
            if (happened.Name == "task:completed") Assert.Equal(100, happened.Progress);
            Assert.InRange(running, 0, slots);
            Assert.Contains(happened.ProjectId, new DemoPlan().Projects);
            tasks[id] = (happened.Status!, happened.Progress ?? 0);
        }

        Assert.Equal(count, tasks.Count);
        Assert.All(tasks.Values, task => Assert.True(task.Status is "completed" or "failed"));
        Assert.Equal((count, 0, 0, count), (brain.Created, brain.Queued, brain.Running, brain.Completed + brain.Failed));
        Assert.InRange(brain.Failed, count * (failPercent - 15) / 100, count * (failPercent + 15) / 100);
    }

    [Fact]
    public void Same_seed_gives_the_same_events_however_time_is_cut()
    {
        var plan = new DemoPlan { Count = 30, Rate = 5, Seed = 7 };

        string[] fine = [.. Play(new DemoBrain(plan), TimeSpan.FromMilliseconds(10)).Select(WithoutTime)];
        string[] coarse = [.. Play(new DemoBrain(plan), TimeSpan.FromSeconds(3)).Select(WithoutTime)];
        string[] other = [.. Play(new DemoBrain(plan with { Seed = 8 }), TimeSpan.FromSeconds(3)).Select(WithoutTime)];

        Assert.Equal(fine, coarse);
        Assert.NotEqual(fine, other);

        static string WithoutTime(DemoEvent happened) => (happened with { Timestamp = default }).ToString();
    }

    [Fact]
    public void Rate_and_speed_give_about_as_many_tasks_as_asked()
    {
        var brain = new DemoBrain(new DemoPlan { Rate = 2, Speed = 5, Seed = 1 });
        brain.Step(Start);

        brain.Step(Start + TimeSpan.FromSeconds(100));

        Assert.InRange(brain.Created, 900, 1100);
        Assert.False(brain.IsFinished);
    }

    [Fact]
    public void Event_as_json_has_the_fields_of_system_A()
    {
        var happened = new DemoEvent("task:progress", Start) { TaskId = "t", RunId = "r", Status = "running", Progress = 40, Title = "Fix \"it\"", ProjectId = "p" };

        using JsonDocument json = JsonDocument.Parse(happened.ToJson());

        Assert.Equal("""{"event":"task:progress","data":{"taskId":"t","runId":"r","status":"running","progress":40,"title":"Fix \"it\""},"timestamp":"2026-01-02T03:04:05.000Z","project_id":"p"}""", json.RootElement.GetRawText());
    }

    private static IEnumerable<DemoEvent> Play(DemoBrain brain, TimeSpan tick)
    {
        for (DateTimeOffset now = Start; !brain.IsFinished; now += tick)
        {
            Assert.True(now < Start.AddHours(3), "The simulation does not end.");
            foreach (DemoEvent happened in brain.Step(now)) yield return happened;
        }
    }
}
