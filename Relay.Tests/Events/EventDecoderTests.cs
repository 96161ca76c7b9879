using System.Text;
using Cecelia.Relay.Events;
using Microsoft.Extensions.Time.Testing;
using static Cecelia.Relay.Tests.Events.Decoding;

namespace Cecelia.Relay.Tests.Events;

/// <summary>The content of an accepted event, for all four formats.</summary>
public class EventDecoderTests
{
    [Theory]
    [InlineData("9999-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999-23:59")]
    public void Decoder_timestamp_far_in_the_future_counts_as_absent_and_is_counted(string timestamp)
    {
        DecodedEvent e = Taken($$"""{"event":"task:created","data":{"taskId":"t"},"timestamp":"{{timestamp}}"}""");

        Assert.True(e.RawTimestamp.IsEmpty);
        Assert.Equal(0, e.TimestampMs);
        Assert.Equal(1, e.IgnoredFields);
    }

    [Fact]
    public void Decoder_timestamp_within_a_day_ahead_is_accepted_and_the_bound_follows_the_clock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var decoder = new EventDecoder(new EventLimits(), time);
        var e = new DecodedEvent();
        bool IsAccepted(string timestamp)
        {
            Assert.Equal(RefusalReason.None, decoder.Decode(Encoding.UTF8.GetBytes($$"""{"event":"x","timestamp":"{{timestamp}}"}"""), e));
            return !e.RawTimestamp.IsEmpty;
        }

        Assert.True(IsAccepted("2026-01-02T00:00:00Z"));
        Assert.False(IsAccepted("2026-01-02T00:00:01Z"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(IsAccepted("2026-01-02T00:00:01Z"));
    }

    [Fact]
    public void Decoder_Cecelia_event_has_its_parts()
    {
        DecodedEvent e =
            Taken("""{"event":"task:progress","data":{"taskId":"t1","runId":"r1","status":"running","progress":50},"timestamp":"2026-02-06T08:30:00.000Z"}""");

        Assert.Equal("task:progress", Text(e.Name));
        Assert.Equal("\"task:progress\"", Text(e.RawName));
        Assert.True(e.HasData);
        Assert.Equal("""{"taskId":"t1","runId":"r1","status":"running","progress":50}""", Text(e.RawData));
        Assert.Equal("\"2026-02-06T08:30:00.000Z\"", Text(e.RawTimestamp));
        Assert.Equal(1_770_366_600_000, e.TimestampMs);
        Assert.Equal("t1", Text(e.TaskId));
        Assert.Equal(EventSystems.Cecelia, e.Known!.Systems);
        Assert.False(e.IsFlat);
        Assert.Equal(-1, e.Seq);
        Assert.True(e.ProjectId.IsEmpty && e.NodeId.IsEmpty && e.ExecutionId.IsEmpty && e.RawId.IsEmpty && e.Source.IsEmpty);
    }

    [Theory]
    [InlineData("task:created", """{"taskId":"t1","status":"queued"}""")]
    [InlineData("task:started", """{"taskId":"t1","runId":"r1","status":"running"}""")]
    [InlineData("task:progress", """{"progress":0}""")]
    [InlineData("task:progress", """{"progress":100.0}""")]
    [InlineData("task:progress", """{"progress":1e2}""")]
    [InlineData("task:progress", """{"progress":33.333333333333336,"progress":-0}""")]
    [InlineData("task:completed", """{"taskId":null,"runId":null,"status":null,"progress":null}""")]
    [InlineData("task:failed", """{"st\u0061tus":"f\u0061iled","error":"no","nested":{"status":"odd","progress":900,"taskId":5}}""")]
    [InlineData("task:created", """{"activeCount":-5}""")]
    [InlineData("executor:status", """{"activeCount":0,"availableSlots":9223372036854775807}""")]
    [InlineData("executor:status", """{"activeCount":null,"status":"whatever","progress":900}""")]
    [InlineData("task_created", """{"id":"t1","status":"in_progress","progress":-3}""")]
    [InlineData("log", """{"level":"info","message":"开始"}""")]
    [InlineData("token_stream", """{"node_id":"n1","chunk":"Hel","is_thinking":false}""")]
    [InlineData("error", """{"error":"boom"}""")]
    [InlineData("never:heard:of", """{"status":[],"taskId":{},"progress":"x","lone":"\ud800"}""")]
    public void Decoder_valid_data_is_kept_as_written(string name, string data)
    {
        DecodedEvent e = Taken($$$"""{"event":"{{{name}}}","data":{{{data}}}}""");

        Assert.Equal(name, Text(e.Name));
        Assert.Equal(data, Text(e.RawData));
        Assert.Equal(data, Data(e));
    }

    [Fact]
    public void Decoder_every_known_name_is_accepted_and_found()
    {
        Assert.Equal(27, EventNames.All.Select(e => e.Name).Distinct().Count());
        foreach (KnownEvent known in EventNames.All)
        {
            Assert.Same(known, Taken($$$"""{"event":"{{{known.Name}}}","data":{}}""").Known);
            Assert.Same(known, Taken($$$"""{"type":"{{{known.Name}}}"}""").Known);
        }

        Assert.Null(Taken("""{"event":"task:creates","data":{}}""").Known);
        Assert.Null(Taken($$$"""{"event":"{{{new string('n', 128)}}}","data":{}}""").Known);
    }

    [Fact]
    public void Decoder_TaskTree_message_is_routed_by_its_project()
    {
        DecodedEvent e = Taken(
            """{"type":"task_status_changed","project_id":"p1","data":{"task_id":"t9","status":"in_progress"},"timestamp":"2026-02-06T08:30:00.123456"}""");

        Assert.Equal("task_status_changed", Text(e.Name));
        Assert.Equal("p1", Text(e.ProjectId));
        Assert.Equal("\"p1\"", Text(e.RawProjectId));
        Assert.Equal("t9", Text(e.TaskId));
        Assert.Equal(1_770_366_600_123, e.TimestampMs);
    }

    [Fact]
    public void Decoder_null_members_of_the_envelope_count_as_absent()
    {
        DecodedEvent e = Taken(
            """{"type":"tasks_reset","project_id":null,"data":{},"timestamp":null,"node_id":null,"execution_id":null,"id":null,"seq":null,"source":null,"reply_to":null}""");

        Assert.True(e.RawProjectId.IsEmpty && e.RawTimestamp.IsEmpty && e.RawNodeId.IsEmpty && e.ExecutionId.IsEmpty && e.RawId.IsEmpty);
        Assert.Equal(-1, e.Seq);
        Assert.Equal(0, e.TimestampMs);
        Assert.False(e.IsReply);
    }

    [Fact]
    public void Decoder_flat_Execution_status_has_its_fields_as_data()
    {
        DecodedEvent e = Taken("""
            {
              "type": "status",
              "execution_id": "execution-uuid",
              "status": "running",
              "progress": 50,
              "message": "执行中...",
              "result": null,
              "error": null,
              "execution_time": null
            }
            """);

        Assert.True(e.IsFlat);
        Assert.False(e.HasData);
        Assert.Equal("status", Text(e.Name));
        Assert.Equal("execution-uuid", Text(e.ExecutionId));
        Assert.Equal(0, e.IgnoredFields);
        Assert.Equal(
            """{"execution_id": "execution-uuid","status": "running","progress": 50,"message": "执行中...","result": null,"error": null,"execution_time": null}""",
            Data(e));
    }

    [Theory]
    [InlineData("""{"type":"error","message":"错误描述"}""", """{"message":"错误描述"}""", "")]
    [InlineData("""{"message":"m","execution_id":7,"type":"error"}""", """{"message":"m","execution_id":7}""", "7")]
    [InlineData(
        """{"event":"status","result":{"a":[1,{"b":2}]},"timestamp":"2026-02-06T08:30:00Z","id":"i","seq":1,"source":"s","project_id":"p","node_id":"n"}""",
        """{"result":{"a":[1,{"b":2}]}}""",
        "")]
    [InlineData("""{"type":"status","executionId":"e2"}""", """{"executionId":"e2"}""", "e2")]
    [InlineData("""{"event":"error"}""", "{}", "")]
    public void Decoder_flat_message_keeps_the_order_of_its_members(string payload, string data, string execution)
    {
        DecodedEvent e = Taken(payload);

        Assert.True(e.IsFlat);
        Assert.Equal(data, Data(e));
        Assert.Equal(execution, Text(e.ExecutionId));
    }

    [Fact]
    public void Decoder_flat_message_may_have_as_many_members_as_an_envelope()
    {
        DecodedEvent e = Taken("{\"type\":\"status\"" + string.Concat(Enumerable.Range(1, 63).Select(i => $",\"f{i}\":{i}")) + "}");

        Assert.StartsWith("{\"f1\":1,\"f2\":2,", Data(e), StringComparison.Ordinal);
        Assert.EndsWith(",\"f63\":63}", Data(e), StringComparison.Ordinal);
    }

    [Fact]
    public void Decoder_Execution_status_in_an_envelope_is_not_flat()
    {
        DecodedEvent e = Taken("""{"type":"status","status":"nonsense","data":{"execution_id":"e1","status":"pending"}}""");

        Assert.False(e.IsFlat);
        Assert.Equal("e1", Text(e.ExecutionId));
        Assert.Equal(1, e.IgnoredFields);
        Assert.Equal("""{"execution_id":"e1","status":"pending"}""", Data(e));
    }

    [Fact]
    public void Decoder_Workflow_event_keeps_its_node()
    {
        DecodedEvent e =
            Taken("""{"event":"node_state_change","timestamp":"2025-12-21T10:00:00.123456789+08:00","node_id":"node-1","data":{"status":"running"}}""");

        Assert.Equal("node-1", Text(e.NodeId));
        Assert.Equal("\"node-1\"", Text(e.RawNodeId));
        Assert.Equal(DateTimeOffset.Parse("2025-12-21T02:00:00.123Z", null).ToUnixTimeMilliseconds(), e.TimestampMs);
    }

    [Fact]
    public void Decoder_Workflow_event_without_data_has_an_empty_object()
    {
        DecodedEvent e = Taken("""{"event":"execution:paused","timestamp":"2025-12-21T10:00:00Z"}""");

        Assert.False(e.HasData);
        Assert.False(e.IsFlat);
        Assert.Equal("{}", Text(e.RawData));
        Assert.Equal("{}", Data(e));
    }

    [Theory]
    [InlineData("""{"event":"a","type":"a","data":{}}""")]
    [InlineData("""{"type":"a","data":{},"event":"\u0061"}""")]
    [InlineData("""{"event":"\u0061","type":"a","data":{}}""")]
    [InlineData("""{"\u0065vent":"a","data":{}}""")]
    [InlineData(" \r\n\t{ \"event\" : \"a\" , \"data\" : {} } \n")]
    public void Decoder_event_or_type_names_the_event(string payload) => Assert.Equal("a", Text(Taken(payload).Name));

    [Fact]
    public void Decoder_with_event_and_type_keeps_the_name_as_written_in_event()
    {
        Assert.Equal("\"\\u0061\"", Text(Taken("""{"event":"\u0061","type":"a"}""").RawName));
        Assert.Equal("\"\\u0061\"", Text(Taken("""{"type":"a","event":"\u0061"}""").RawName));
    }

    [Theory]
    [InlineData("""任务:创建""", "任务:创建")]
    [InlineData("""\u4efb\u52A1""", "任务")]
    [InlineData("""\ud83d\ude80\/\"\\""", "🚀/\"\\")]
    [InlineData("""a\u00e9\u00A0z""", "aé\u00A0z")]
    public void Decoder_escaped_name_is_unescaped(string written, string name)
    {
        DecodedEvent e = Taken($$$"""{"event":"{{{written}}}","data":{}}""");

        Assert.Equal(name, Text(e.Name));
        Assert.Equal($"\"{written}\"", Text(e.RawName));
    }

    [Fact]
    public void Decoder_name_of_128_bytes_is_accepted_escaped_or_not()
    {
        string name = new('n', 128);
        string escaped = string.Concat(Enumerable.Repeat("\\u006e", 128));

        Assert.Equal(name, Text(Taken($$$"""{"event":"{{{name}}}"}""").Name));
        Assert.Equal(name, Text(Taken($$$"""{"event":"{{{escaped}}}"}""").Name));
    }

    [Fact]
    public void Decoder_escaped_ids_do_not_affect_each_other()
    {
        DecodedEvent e = Taken("""
            {"type":"\u0061x","event":"\u0061x","project_id":"\u0070p","node_id":"\u006en","execution_id":"\u0065e","id":"\u0069i","source":"\u0073s","reply_to":"\u0072r",
             "data":{"taskId":"\u0074t","task_id":"\u0031","project_id":"\u0032","projectId":"\u0033","execution_id":"\u0034","executionId":"\u0035"},
             "extra":"\u0036"}
            """);

        Assert.Equal(
            ["ax", "pp", "nn", "ee", "ii", "ss", "rr", "tt"],
            [Text(e.Name), Text(e.ProjectId), Text(e.NodeId), Text(e.ExecutionId), Text(e.Id), Text(e.Source), Text(e.ReplyTo), Text(e.TaskId)]);
        Assert.Equal(1, e.IgnoredFields);
    }

    [Theory]
    [InlineData("""{"taskId":"a","task_id":"b"}""", "a")]
    [InlineData("""{"task_id":"b","taskId":"a"}""", "a")]
    [InlineData("""{"task_id":"\u0062","taskId":"\u0061"}""", "a")]
    [InlineData("""{"taskId":"\u0061","task_id":"\u0062"}""", "a")]
    [InlineData("""{"task_id":"b"}""", "b")]
    [InlineData("""{"task_id":17}""", "17")]
    [InlineData("""{"taskId":"a","taskId":"c"}""", "c")]
    [InlineData("""{"task_id":1.5}""", "")]
    [InlineData("""{"nested":{"taskId":"x"}}""", "")]
    public void Decoder_task_id_is_read_from_the_data(string data, string task) =>
        Assert.Equal(task, Text(Taken($$$"""{"event":"task_updated","data":{{{data}}}}""").TaskId));

    [Theory]
    [InlineData("""{"event":"a","project_id":"p","data":{"project_id":"q"}}""", "p")]
    [InlineData("""{"event":"a","project_id":42,"data":{"project_id":"q"}}""", "42")]
    [InlineData("""{"event":"a","project_id":null,"data":{"projectId":"q"}}""", "q")]
    [InlineData("""{"event":"a","data":{"projectId":"q","project_id":"r"}}""", "r")]
    [InlineData("""{"event":"a","data":{"projectId":-7}}""", "-7")]
    [InlineData("""{"event":"a","data":{},"projectId":"ignored"}""", "")]
    public void Decoder_project_is_read_from_the_envelope_or_else_from_the_data(string payload, string project) =>
        Assert.Equal(project, Text(Taken(payload).ProjectId));

    [Theory]
    [InlineData("""{"event":"a","execution_id":"e","data":{"execution_id":"f"}}""", "e")]
    [InlineData("""{"event":"a","execution_id":18446744073709551616,"data":{}}""", "18446744073709551616")]
    [InlineData("""{"event":"a","data":{"executionId":"f"}}""", "f")]
    [InlineData("""{"event":"a","data":{"executionId":"f","execution_id":"g"}}""", "g")]
    public void Decoder_execution_is_read_from_the_envelope_or_else_from_the_data(string payload, string execution) =>
        Assert.Equal(execution, Text(Taken(payload).ExecutionId));

    [Fact]
    public void Decoder_numbering_of_the_publisher_is_kept()
    {
        DecodedEvent e = Taken("""{"event":"a","data":{},"id":"e-\u0031","seq":9223372036854775807,"source":"tick"}""");

        Assert.Equal("\"e-\\u0031\"", Text(e.RawId));
        Assert.Equal("e-1", Text(e.Id));
        Assert.Equal(long.MaxValue, e.Seq);
        Assert.Equal("tick", Text(e.Source));
        Assert.Equal("12", Text(Taken("""{"event":"a","data":{},"id":12}""").RawId));
        Assert.Equal(0, Taken("""{"event":"a","data":{},"seq":0}""").Seq);
    }

    [Fact]
    public void Decoder_reply_has_the_id_of_its_command()
    {
        DecodedEvent e = Taken("""{"type":"status","execution_id":"e1","status":"running","reply_to":"dab4b21b15e6-1-\u0032"}""");

        Assert.True(e.IsReply);
        Assert.Equal("dab4b21b15e6-1-2", Text(e.ReplyTo));
        Assert.Equal("\"dab4b21b15e6-1-\\u0032\"", Text(e.RawReplyTo));
        Assert.Equal("""{"execution_id":"e1","status":"running"}""", Data(e));
        Assert.False(Taken("""{"event":"a","data":{"reply_to":"x"}}""").IsReply);
    }

    [Fact]
    public void Decoder_unknown_fields_beside_data_are_ignored_and_counted() =>
        Assert.Equal(3, Taken("""{"event":"a","x":1,"data":{},"y":{"event":"b","data":[]},"status":"odd"}""").IgnoredFields);

    [Fact]
    public void Decoder_ids_of_256_bytes_are_accepted()
    {
        string key = new('k', 256);

        Assert.Equal(key, Text(Taken($$$"""{"event":"a","data":{"taskId":"{{{key}}}"},"node_id":"{{{key}}}"}""").TaskId));
    }
}
