using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Postgres;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>PROTOCOL.md, <i>PostgreSQL runs</i>: the name and the content of the event of a change.</summary>
public sealed class RunEventsTests
{
    private static readonly DateTime At = new(2026, 2, 6, 8, 30, 0, 123, 456, DateTimeKind.Utc);

    [Theory]
    [InlineData("insert", "queued", "task:created")]
    [InlineData("insert", "running", "task:created")]
    [InlineData("insert", "completed", "task:created")]
    [InlineData("insert", null, "task:created")]
    [InlineData("insert", "paused", "run:status")]
    [InlineData("status", "queued", "task:created")]
    [InlineData("status", "running", "task:started")]
    [InlineData("status", "completed", "task:completed")]
    [InlineData("status", "failed", "task:failed")]
    [InlineData("status", "paused", "run:status")]
    [InlineData("status", "Running", "run:status")]
    [InlineData("status", null, "run:status")]
    [InlineData("progress", "queued", "task:progress")]
    [InlineData("progress", "running", "task:progress")]
    [InlineData("progress", null, "task:progress")]
    [InlineData("progress", "completed", "run:updated")]
    [InlineData("progress", "paused", "run:updated")]
    [InlineData("other", "running", "run:updated")]
    [InlineData("a later kind", "running", "run:updated")]
    public void Event_name_follows_from_the_change_and_the_status(string kind, string? status, string name)
    {
        RunEvent made = Make(kind, $$"""{"id":"r1","status":{{JsonSerializer.Serialize(status)}},"progress":5}""");

        Assert.Null(made.Reason);
        Assert.Equal(name, Json(made).GetProperty("event").GetString());
    }

    [Fact]
    public void Event_contains_the_complete_row()
    {
        RunEvent made = Make(
            "status",
            """{"id":"r1","task_id":"t1","project_id":"p1","title":"任务 \"a\" \u0000","status":"running","progress":"""
            + """12.50,"result":{"n":1e400,"b":[null,true]},"error":null,"created_at":"2026-02-06T08:00:00+00:00"}""");

        Assert.Equal(
            """{"event":"task:started","data":{"runId":"r1","taskId":"t1","status":"running","title":"任务 \"a\" \u0000","progress":"""
            + """12.50,"result":{"n":1e400,"b":[null,true]},"error":null,"created_at":"2026-02-06T08:00:00+00:00"},"timestamp":"2026-02-06T08:30:00.123Z","project_id":"""
            + "\"p1\",\"source\":\"runs-1\",\"seq\":7}",
            Encoding.UTF8.GetString(made.Payload!));
        Assert.Null(made.Reason);
    }

    [Theory]
    [InlineData("""{"id":12,"task_id":null,"project_id":7,"status":3}""", """{"runId":"12","taskId":"12","status":"3"}""", "7")]
    [InlineData("""{"id":"r1","task_id":"","project_id":"","runId":"x","omitted":"y"}""", """{"runId":"r1","taskId":"r1"}""", null)]
    [InlineData("""{"id":"r1","progress":101}""", """{"runId":"r1","taskId":"r1","omitted":["progress"]}""", null)]
    [InlineData("""{"id":"r1","progress":"half"}""", """{"runId":"r1","taskId":"r1","omitted":["progress"]}""", null)]
    [InlineData("""{"id":"r1","progress":null}""", """{"runId":"r1","taskId":"r1","progress":null}""", null)]
    public void Columns_of_other_types_are_converted_or_listed_as_omitted(string run, string data, string? project)
    {
        RunEvent made = Make("other", run);

        Assert.Equal(data, Json(made).GetProperty("data").GetRawText());
        Assert.Equal(project, Json(made).TryGetProperty("project_id", out JsonElement id) ? id.GetString() : null);
    }

    [Fact]
    public void Columns_omitted_by_the_trigger_are_listed()
    {
        RunEvent made = Make("status", """{"id":"r1","status":"failed"}""", ["error", "result"]);

        Assert.Equal("""{"runId":"r1","taskId":"r1","status":"failed","omitted":["error","result"]}""", Json(made).GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("""{"id":"r1","status":"running","progress":5,"deep":[[[[1]]]]}""")]
    [InlineData(
        """{"id":"r1","status":"running","progress":5,"deep":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"""
            + """xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""")]
    public void Row_that_relays_would_refuse_becomes_a_minimal_event(string run)
    {
        var events = new RunEvents(new EventLimits { MaxBytes = 250, MaxDepth = 5 });

        RunEvent made = events.Create(Change("status", run), "runs-1", 7);

        Assert.NotNull(made.Reason);
        Assert.Equal("""{"runId":"r1","taskId":"r1","status":"running","progress":5,"omitted":["deep"]}""", Json(made).GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("""{"status":"running"}""", "no id")]
    [InlineData("""{"id":null}""", "no id")]
    [InlineData("""{"id":{}}""", "no id")]
    [InlineData("[]", "no id")]
    [InlineData("", "cannot be read")]
    [InlineData("{\"id\":\"\\ud800\"}", "cannot be read")]
    [InlineData("{\"id\":\"r1\",\"\\ud800\":1}", "cannot be read")]
    public void Row_without_an_event_has_a_reason(string run, string expected)
    {
        RunEvent made = Make("status", run);

        Assert.Null(made.Payload);
        Assert.Contains(expected, made.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_long_id_has_a_reason()
    {
        RunEvent made = Make("status", $$"""{"id":"{{new string('x', 300)}}"}""");

        Assert.Null(made.Payload);
        Assert.Contains("256 bytes", made.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Row_in_no_encoding_has_a_reason()
    {
        RunEvent made = new RunEvents(new EventLimits()).Create(
            new RunChange(new RunChangeId(1, At), "other", [.. "{\"id\":\"r1\",\"title\":\""u8, 0xE9, .. "\"}"u8], [], 0, 0), "runs-1", 7);

        // The title is omitted.
        Assert.NotNull(made.Reason);
        Assert.Equal("""{"runId":"r1","taskId":"r1","omitted":["title"]}""", Json(made).GetProperty("data").GetRawText());
    }

    [Fact]
    public void Cursor_is_parsed_as_written()
    {
        RunChangeId[] ids = [new(1, At), new(long.MaxValue, At.AddTicks(10)), new(3, new DateTime(9998, 1, 1, 0, 0, 0, DateTimeKind.Utc))];

        Assert.True(RunCursor.TryRead(RunCursor.Write(ids), out IReadOnlyList<RunChangeId> read));
        Assert.Equal(ids, read);
        Assert.True(RunCursor.TryRead("", out read));
        Assert.Empty(read);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1@")]
    [InlineData("-1@1")]
    [InlineData("1@2@3")]
    [InlineData("1@9223372036854775807")]
    [InlineData("some text")]
    public void Cursor_of_another_kind_is_rejected(string text) => Assert.False(RunCursor.TryRead(text, out _));

    private static RunEvent Make(string kind, string run, string[]? omitted = null) =>
        new RunEvents(new EventLimits()).Create(Change(kind, run, omitted), "runs-1", 7);

    private static RunChange Change(string kind, string run, string[]? omitted = null) =>
        new(new RunChangeId(1, At), kind, Encoding.UTF8.GetBytes(run), omitted ?? [], 0, 0);

    private static JsonElement Json(RunEvent made) => JsonDocument.Parse(made.Payload!).RootElement;
}
