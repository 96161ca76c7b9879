using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Tests.Events;

namespace Cecelia.Relay.Tests.Messages;

/// <summary>The Cecelia format, byte for byte.</summary>
public class CeceliaFormatTests
{
    private const long Now = 1_770_366_600_000;

    [Theory]
    [InlineData(
        """{"event":"task:created","data":{"taskId":"t1","status":"queued"}}""",
        """{"event":"task:created","data":{"taskId":"t1","status":"queued"},"timestamp":"2026-02-06T08:30:00.000Z"}""")]
    [InlineData(
        """{"event":"task:created","data":{},"timestamp":null}""",
        """{"event":"task:created","data":{},"timestamp":"2026-02-06T08:30:00.000Z"}""")]
    [InlineData(
        """ { "timestamp" : "2026-02-06 08:30:00.123456" , "data" : { "a" : 1 } , "type" : "任务" } """,
        """{"event":"任务","data":{ "a" : 1 },"timestamp":"2026-02-06 08:30:00.123456"}""")]
    [InlineData(
        """{"node_id":"n\u0031","project_id":7,"event":"a\u0062","data":{},"timestamp":"2026-02-06T08:30:00Z","execution_id":"e","id":"i","seq":1,"source":"s","x":1}""",
        """{"event":"a\u0062","data":{},"timestamp":"2026-02-06T08:30:00Z","project_id":7,"node_id":"n\u0031"}""")]
    [InlineData(
        """{"reply_to":"a-1-\u0031","node_id":"n1","event":"answer","timestamp":"2026-02-06T08:30:00Z"}""",
        """{"event":"answer","data":{},"timestamp":"2026-02-06T08:30:00Z","node_id":"n1","reply_to":"a-1-\u0031"}""")]
    [InlineData(
        """{"event":"execution:paused","project_id":null}""",
        """{"event":"execution:paused","data":{},"timestamp":"2026-02-06T08:30:00.000Z"}""")]
    [InlineData(
        """{"type":"status","execution_id":"e1","status":"running","progress":50,"message":"执行中...","result":null,"project_id":"p"}""",
        """{"event":"status","data":{"execution_id":"e1","status":"running","progress":50,"message":"执行中...","result":null},"timestamp":"2026-02-06T08:30:00.000Z","project_id":"p"}""")]
    public void Event_is_written_as_the_Cecelia_client_expects_it(string payload, string expected)
    {
        DecodedEvent e = Decoding.Taken(payload);
        var destination = new byte[CeceliaFormat.MaxLength(e)];

        int length = CeceliaFormat.Write(e, destination, Now);

        Assert.Equal(expected, Decoding.Text(destination.AsSpan(0, length)));
        using JsonDocument _ = JsonDocument.Parse(destination.AsMemory(0, length));
    }

    [Theory]
    [InlineData(
        """{"seq":9223372036854775807,"source":"b\u0022\u0001","execution_id":7,"node_id":"n1","event":"a"}""",
        """{"event":"a","data":{},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"node_id":"n1","execution_id":"7","source":"b\u0022\u0001","seq":9223372036854775807,"id":"p-1"}""")]
    [InlineData(
        """{"event":"a","source":"s","seq":0,"id":"i"}""",
        """{"event":"a","data":{},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"source":"s","seq":0,"id":"p-1"}""")]
    [InlineData(
        """{"type":"status","execution_id":"e1","status":"running"}""",
        """{"event":"status","data":{"execution_id":"e1","status":"running"},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"execution_id":"e1","id":"p-1"}""")]
    [InlineData(
        """{"event":"a","timestamp":"2026-02-06T08:30:00Z"}""",
        """{"event":"a","data":{},"timestamp":"2026-02-06T08:30:00Z","id":"p-1"}""")]
    [InlineData(
        """{"event":"log","project_id":9007199254740993,"data":{"task_id":9007199254740992,"executionId":9007199254740991,"nodeId":-7,"agentId":18446744073709551617}}""",
        """{"event":"log","data":{"task_id":9007199254740992,"executionId":9007199254740991,"nodeId":-7,"agentId":18446744073709551617},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"project_id":"9007199254740993","node_id":"-7","execution_id":"9007199254740991","task_id":"9007199254740992","agent_id":"18446744073709551617","id":"p-1"}""")]
    [InlineData(
        """{"event":"log","data":{"task_id":7.0,"project_id":1e3,"execution_id":true,"node_id":7.0,"agent_id":[],"nodeId":"n","agentId":-0}}""",
        """{"event":"log","data":{"task_id":7.0,"project_id":1e3,"execution_id":true,"node_id":7.0,"agent_id":[],"nodeId":"n","agentId":-0},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"node_id":"n","agent_id":"-0","id":"p-1"}""")]
    [InlineData(
        """{"event":"task_updated","data":{"id":7,"agent_id":"a\u0022"}}""",
        """{"event":"task_updated","data":{"id":7,"agent_id":"a\u0022"},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"task_id":"7","agent_id":"a\u0022","id":"p-1"}""")]
    [InlineData(
        """{"event":"agent_spawned","data":{"id":7,"agent_id":null}}""",
        """{"event":"agent_spawned","data":{"id":7,"agent_id":null},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"agent_id":"7","id":"p-1"}""")]
    [InlineData(
        """{"event":"agent_messages","data":{"id":7}}""",
        """{"event":"agent_messages","data":{"id":7},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"id":"p-1"}""")]
    [InlineData(
        """{"event":"node:parallel_start","data":{"node_ids":[1,2,3,4,5,6,7,8,9,0,9007199254740993,7.0,"a\u0062",{"id":"c"}],"nodes":7,"branches":["d"]}}""",
        """{"event":"node:parallel_start","data":{"node_ids":[1,2,3,4,5,6,7,8,9,0,9007199254740993,7.0,"ab",{"id":"c"}],"nodes":7,"branches":["d"]},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"node_ids":["1","2","3","4","5","6","7","8","9","0","9007199254740993","ab","c","d"],"id":"p-1"}""")]
    [InlineData(
        """{"event":"node:parallel_start","data":{"node_ids":[]}}""",
        """{"event":"node:parallel_start","data":{"node_ids":[]},"timestamp":"2026-02-06T08:30:00.000Z","undated":true,"id":"p-1"}""")]
    public void Subprotocol_event_has_the_fields_that_the_state_is_keyed_by(string payload, string expected)
    {
        DecodedEvent e = Decoding.Taken(payload);
        var destination = new byte[CeceliaFormat.MaxLength(e, "p-1"u8)];

        int length = CeceliaFormat.Write(e, destination, Now, "p-1"u8);

        using JsonDocument written = JsonDocument.Parse(destination.AsMemory(0, length));
        using JsonDocument wanted = JsonDocument.Parse(expected);
        Assert.True(JsonElement.DeepEquals(wanted.RootElement, written.RootElement), Decoding.Text(destination.AsSpan(0, length)));
    }
}
