using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Tests.Events;

/// <summary>Each kind of malformed payload and the reason of its refusal.</summary>
public class RefusalTests
{
    private static readonly string Long = new('x', 300);

    /// <summary>Payload, wire name of the reason, and a part of the detail. Public, so that a test can publish the same list to a whole relay.</summary>
    public static TheoryData<string, string, string> Malformed => new()
    {
        { "", "empty", "empty" },
        { "  \r\n\t ", "empty", "empty" },
        { "\uFEFF{\"event\":\"a\",\"data\":{}}", "not_json", "byte order mark" },
        { "hello", "not_json", "JSON" },
        { "{", "not_json", "JSON" },
        { "}", "not_json", "JSON" },
        { "\"", "not_json", "JSON" },
        { """{"event":"a","data":{}""", "not_json", "JSON" },
        { """{"event":"a","data":{}}}""", "not_json", "JSON" },
        { """{"event":"a","data":{}}{"event":"b","data":{}}""", "not_json", "JSON" },
        { """{"event":"a","data":{}} x""", "not_json", "JSON" },
        { """{"event":"a","data":{},}""", "not_json", "JSON" },
        { """{"event":"a" "data":{}}""", "not_json", "JSON" },
        { """{event:"a"}""", "not_json", "JSON" },
        { """{'event':'a'}""", "not_json", "JSON" },
        { """{"event":"a"} // said""", "not_json", "JSON" },
        { """{"event":"a","data":{"n":NaN}}""", "not_json", "JSON" },
        { """{"event":"a","data":{"n":01}}""", "not_json", "JSON" },
        { """{"event":"a","data":{"n":+1}}""", "not_json", "JSON" },
        { """{"event":"a\x"}""", "not_json", "JSON" },
        { """{"event":"a\u12"}""", "not_json", "JSON" },
        { "{\"event\":\"a\nb\"}", "not_json", "JSON" },
        { "{\"event\":\"a\0\"}", "not_json", "JSON" },
        { """{"event":1,"event":2,"data":[}""", "not_json", "JSON" },
        { "[1,2", "not_json", "JSON" },
        { "1 2", "not_json", "JSON" },
        { "[]", "not_an_object", "object" },
        { """[{"event":"a","data":{}}]""", "not_an_object", "object" },
        { "null", "not_an_object", "object" },
        { "true", "not_an_object", "object" },
        { "42", "not_an_object", "object" },
        { "\"task:created\"", "not_an_object", "object" },
        { Decoding.Nested(65), "too_deep", "64" },
        { new string('[', 10_000), "too_deep", "64" },
        { "{\"event\":\"a\",\"data\":{\"x\":" + new string('[', 10_000), "too_deep", "64" },
        { "{\"event\":\"a\",\"data\":{},\"x\":" + Decoding.Nested(64) + "}", "too_deep", "64" },
        { "{\"event\":\"a\",\"data\":{\"x\":" + Decoding.Nested(63) + "}}", "too_deep", "64" },
        { "{}", "no_event", "event" },
        { """{"data":{"taskId":"t"}}""", "no_event", "event" },
        { """{"cmd":"ping"}""", "no_event", "event" },
        { """{"Event":"a","data":{}}""", "no_event", "event" },
        { """{"event":"a","type":"b","data":{}}""", "two_names", "type" },
        { """{"type":"a","data":{},"event":"A"}""", "two_names", "type" },
        { """{"event":null,"data":{}}""", "bad_name", "event" },
        { """{"type":5,"data":{}}""", "bad_name", "type" },
        { """{"event":{"a":[1]},"data":{}}""", "bad_name", "event" },
        { """{"event":"","data":{}}""", "bad_name", "128" },
        { """{"event":"a","type":"","data":{}}""", "bad_name", "128" },
        { """{"event":"a\u0000b","data":{}}""", "bad_name", "control" },
        { """{"event":"a\nb","data":{}}""", "bad_name", "control" },
        { """{"event":"relay:snapshot","data":{}}""", "bad_name", "relay:" },
        { """{"type":"rel\u0061y:bye","data":{}}""", "bad_name", "relay:" },
        { "{\"event\":\"a\u007f\",\"data\":{}}", "bad_name", "control" },
        { "{\"event\":\"a\u0085\",\"data\":{}}", "bad_name", "control" },
        { """{"event":"\ud800","data":{}}""", "bad_name", "name" },
        { """{"event":"\ud800\u0041","data":{}}""", "bad_name", "name" },
        { """{"event":"\udc00\ud800","data":{}}""", "bad_name", "name" },
        { """{"event":"\ud83d x","data":{}}""", "bad_name", "name" },
        { $$$"""{"event":"{{{new string('n', 129)}}}","data":{}}""", "bad_name", "128" },
        { $$$"""{"event":"\u006e{{{new string('n', 128)}}}","data":{}}""", "bad_name", "128" },
        { """{"event":"a","event":"a","data":{}}""", "duplicate_field", "event" },
        { """{"type":"a","type":"a","data":{}}""", "duplicate_field", "type" },
        { """{"event":"a","data":{},"data":{}}""", "duplicate_field", "data" },
        { """{"event":"a","data":{},"d\u0061ta":{}}""", "duplicate_field", "data" },
        { """{"event":"a","data":{},"timestamp":null,"timestamp":null}""", "duplicate_field", "timestamp" },
        { """{"event":"a","data":{},"project_id":"1","project_id":"2"}""", "duplicate_field", "project_id" },
        { """{"event":"a","data":{},"node_id":"1","node_id":"1"}""", "duplicate_field", "node_id" },
        { """{"event":"a","data":{},"execution_id":"1","execution_id":"1"}""", "duplicate_field", "execution_id" },
        { """{"event":"a","data":{},"id":"1","id":"1"}""", "duplicate_field", "id " },
        { """{"event":"a","data":{},"seq":1,"seq":2}""", "duplicate_field", "seq" },
        { """{"event":"a","data":{},"source":"s","source":"s"}""", "duplicate_field", "source" },
        { """{"event":"a","data":{},"reply_to":"r","reply_to":"r"}""", "duplicate_field", "reply_to" },
        { """{"event":"task:created","taskId":"t1"}""", "no_data", "data" },
        { """{"event":"a","Data":{}}""", "no_data", "data" },
        { """{"type":"ping!","message":"x"}""", "no_data", "data" },
        { """{"event":"a","data":null}""", "bad_data", "object" },
        { """{"event":"a","data":[]}""", "bad_data", "object" },
        { """{"event":"a","data":"{}"}""", "bad_data", "object" },
        { """{"event":"a","data":7}""", "bad_data", "object" },
        { """{"type":"status","data":null,"status":"running"}""", "bad_data", "object" },
        { """{"event":"task:created","data":{"taskId":1}}""", "bad_data", "data.taskId" },
        { """{"event":"task:created","data":{"taskId":{}}}""", "bad_data", "data.taskId" },
        { """{"event":"task:created","data":{"task_id":[1]}}""", "bad_data", "data.taskId" },
        { """{"event":"task:created","data":{"taskId":1,"taskId":"t"}}""", "bad_data", "data.taskId" },
        { """{"event":"task:created","data":{"runId":[]}}""", "bad_data", "data.runId" },
        { """{"event":"task:created","data":{"status":"pending"}}""", "bad_data", "data.status" },
        { """{"event":"task:created","data":{"status":"Queued"}}""", "bad_data", "data.status" },
        { """{"event":"task:created","data":{"status":""}}""", "bad_data", "data.status" },
        { """{"event":"task:created","data":{"status":3}}""", "bad_data", "data.status" },
        { """{"data":{"status":"done"},"event":"task:completed"}""", "bad_data", "data.status" },
        { """{"event":"task:started","data":{"status":"\ud800"}}""", "bad_data", "data.status" },
        { """{"event":"task:progress","data":{"progress":101}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"progress":-1}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"progress":100.01}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"progress":1e999}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"progress":"50"}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"progress":true}}""", "bad_data", "data.progress" },
        { """{"event":"task:progress","data":{"pr\u006fgress":500}}""", "bad_data", "data.progress" },
        { """{"event":"executor:status","data":{"activeCount":-1}}""", "bad_data", "data.activeCount" },
        { """{"event":"executor:status","data":{"activeCount":1.5}}""", "bad_data", "data.activeCount" },
        { """{"event":"executor:status","data":{"availableSlots":"3"}}""", "bad_data", "data.availableSlots" },
        { """{"event":"executor:status","data":{"availableSlots":99999999999999999999}}""", "bad_data", "data.availableSlots" },
        { """{"type":"status","execution_id":"e","status":"queued"}""", "bad_data", "data.status" },
        { """{"type":"status","execution_id":"e","progress":-0.5}""", "bad_data", "data.progress" },
        { """{"type":"status","data":{"status":"queued"}}""", "bad_data", "data.status" },
        { """{"type":"status","data":{"execution_id":1.5}}""", "bad_data", "data.execution_id" },
        { $$$"""{"event":"anything","data":{"taskId":"{{{Long}}}"}}""", "bad_data", "data.taskId" },
        { $$$"""{"event":"anything","data":{"projectId":"{{{Long}}}"}}""", "bad_data", "data.project_id" },
        { """{"event":"anything","data":{"execution_id":"\udfff"}}""", "bad_data", "data.execution_id" },
        { """{"event":"a","data":{},"timestamp":1770366600}""", "bad_timestamp", "RFC 3339" },
        { """{"event":"a","data":{},"timestamp":""}""", "bad_timestamp", "RFC 3339" },
        { """{"event":"a","data":{},"timestamp":"yesterday"}""", "bad_timestamp", "RFC 3339" },
        { """{"event":"a","data":{},"timestamp":{}}""", "bad_timestamp", "RFC 3339" },
        { """{"event":"a","data":{},"timestamp":"\ud800026-02-06T08:30:00Z"}""", "bad_timestamp", "RFC 3339" },
        { $$$"""{"event":"a","data":{},"timestamp":"2026-02-06T08:30:00.{{{new string('0', 60)}}}Z"}""", "bad_timestamp", "RFC 3339" },
        { """{"event":"a","data":{},"project_id":true}""", "bad_field", "project_id" },
        { """{"event":"a","data":{},"project_id":1.5}""", "bad_field", "project_id" },
        { """{"event":"a","data":{},"project_id":["p"]}""", "bad_field", "project_id" },
        { $$$"""{"event":"a","data":{},"project_id":"{{{Long}}}"}""", "bad_field", "project_id" },
        { """{"event":"a","data":{},"node_id":5}""", "bad_field", "node_id" },
        { """{"event":"a","data":{},"execution_id":1e3}""", "bad_field", "execution_id" },
        { """{"type":"status","execution_id":{},"status":"running"}""", "bad_field", "execution_id" },
        { """{"event":"a","data":{},"id":1.0}""", "bad_field", "id" },
        { """{"event":"a","data":{},"id":{"a":1}}""", "bad_field", "id" },
        { """{"event":"a","data":{},"source":3}""", "bad_field", "source" },
        { """{"event":"a","data":{},"source":"\ud83d"}""", "bad_field", "source" },
        { """{"event":"a","data":{},"reply_to":3}""", "bad_field", "reply_to" },
        { """{"event":"a","data":{},"reply_to":""}""", "bad_field", "reply_to" },
        { """{"event":"a","data":{},"reply_to":"\ud83d"}""", "bad_field", "reply_to" },
        { $$$"""{"event":"a","data":{},"reply_to":"{{{Long}}}"}""", "bad_field", "reply_to" },
        { """{"event":"a","data":{},"seq":-1}""", "bad_field", "seq" },
        { """{"event":"a","data":{},"seq":"1"}""", "bad_field", "seq" },
        { """{"event":"a","data":{},"seq":1.0}""", "bad_field", "seq" },
        { """{"event":"a","data":{},"seq":9223372036854775808}""", "bad_field", "seq" },
        { "{\"event\":\"a\"" + string.Concat(Enumerable.Range(1, 64).Select(i => $",\"f{i}\":{i}")) + "}", "too_many_fields", "64" },
        { "{\"type\":\"status\"" + string.Concat(Enumerable.Repeat(",\"a\":1", 64)) + "}", "too_many_fields", "64" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Decoder_malformed_payload_is_refused_with_its_reason(string payload, string reason, string detail)
    {
        DecodedEvent refused = Decoding.Decode(payload);

        Assert.Equal(reason, RefusalReasons.ToWireName(refused.Refusal));
        Assert.Contains(detail, refused.RefusalDetail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0x00 })]
    [InlineData(new byte[] { 0x7B, 0x22, 0xC3, 0x22, 0x7D })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xF4, 0x90, 0x80, 0x80, 0x22 })]
    public void Decoder_invalid_utf8_is_refused(byte[] payload) =>
        Assert.Equal(RefusalReason.InvalidUtf8, Decoding.Decode(payload).Refusal);

    [Fact]
    public void Decoder_payload_one_byte_over_the_limit_is_too_large()
    {
        var limits = new EventLimits { MaxBytes = 22 };

        Assert.Equal(RefusalReason.None, Decoding.Decode("""{"event":"a","data":{}}"""[..^1] + "}", limits with { MaxBytes = 23 }).Refusal);
        Assert.Equal(RefusalReason.TooLarge, Decoding.Decode("""{"event":"a","data":{}}""", limits).Refusal);
        Assert.Contains("22", Decoding.Decode("""{"event":"a","data":{}}""", limits).RefusalDetail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(200)]
    public void Decoder_depth_is_accepted_up_to_the_limit(int maxDepth)
    {
        var limits = new EventLimits { MaxDepth = maxDepth };

        // The envelope is one level, data another.
        string Payload(int depth) => "{\"event\":\"a\",\"data\":" + (depth == 2 ? "{}" : "{\"x\":" + Decoding.Nested(depth - 2) + "}") + "}";

        Assert.Equal(RefusalReason.None, Decoding.Decode(Payload(maxDepth), limits).Refusal);
        Assert.Equal(RefusalReason.TooDeep, Decoding.Decode(Payload(maxDepth + 1), limits).Refusal);
        Assert.Equal(RefusalReason.TooDeep, Decoding.Decode(Payload(maxDepth + 2), limits).Refusal);
    }

    [Fact]
    public void Decoder_with_a_maximum_depth_of_one_refuses_data()
    {
        var limits = new EventLimits { MaxDepth = 1 };

        Assert.Equal(RefusalReason.None, Decoding.Decode("""{"event":"a"}""", limits).Refusal);
        Assert.Equal(RefusalReason.TooDeep, Decoding.Decode("""{"event":"a","data":{}}""", limits).Refusal);
    }

    [Fact]
    public void Decoder_accepts_the_next_valid_event_after_every_refusal()
    {
        var decoder = new EventDecoder(new EventLimits());
        var into = new DecodedEvent();
        byte[] valid = """{"event":"task:created","data":{"taskId":"t1"}}"""u8.ToArray();
        foreach (object[] row in Malformed)
        {
            Assert.NotEqual(RefusalReason.None, decoder.Decode(Encoding.UTF8.GetBytes((string)row[0]), into));

            Assert.Equal(RefusalReason.None, decoder.Decode(valid, into));
            Assert.Equal("t1", Decoding.Text(into.TaskId));
            Assert.Equal("", Decoding.Text(into.ProjectId));
            Assert.Equal("""{"taskId":"t1"}""", Decoding.Data(into));
        }
    }

    [Fact]
    public void Reasons_have_distinct_wire_names_in_snake_case()
    {
        RefusalReason[] reasons = Enum.GetValues<RefusalReason>();

        Assert.Equal(reasons.Length, RefusalReasons.Count);
        Assert.All(
            reasons,
            reason => Assert.Equal(reason.ToString(), RefusalReasons.ToWireName(reason).Replace("_", "", StringComparison.Ordinal), ignoreCase: true));
        Assert.Equal(reasons.Length, reasons.Select(RefusalReasons.ToWireName).Distinct().Count());
    }

    [Fact]
    public void Malformed_payloads_cover_every_reason()
    {
        HashSet<string> covered = [.. Malformed.Select(row => (string)((object[])row)[1]), "none", "too_large", "invalid_utf8", "duplicate"];

        Assert.Empty(Enum.GetValues<RefusalReason>().Select(RefusalReasons.ToWireName).Except(covered));
    }
}
