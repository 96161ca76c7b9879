using System.Text;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>Payloads of faulty publishers, each with its reason in PROTOCOL.md, <i>Refused events</i>.</summary>
internal static class MalformedPayloads
{
    public static IReadOnlyList<(string Reason, byte[] Payload)> All { get; } =
    [
        Text("empty", ""),
        Text("empty", " \t\r\n "),
        Text("too_large", $$$"""{"event":"log","data":{"x":"{{{new string('x', 256 * 1024)}}}"}}"""),
        ("invalid_utf8", [.. "{\"event\":\"log\",\"data\":{\"x\":\""u8, 0xC3, 0x28, .. "\"}}"u8]),
        ("invalid_utf8", [0xFF, 0xFE, 0x00, 0x80]),
        ("invalid_utf8", [.. "{\"event\":\"log\",\"data\":{\"x\":\""u8, 0xED, 0xA0, 0x80, .. "\"}}"u8]),
        ("not_json", [0xEF, 0xBB, 0xBF, .. """{"event":"log","data":{}}"""u8]),
        ("not_json", [0x00]),
        Text("not_json", "hello"),
        Text("not_json", "{"),
        Text("not_json", """{"event":"log","data":{}"""),
        Text("not_json", """{"event":"log","data":{}}}"""),
        Text("not_json", """{"event":"log","data":{}} {"event":"log","data":{}}"""),
        Text("not_json", """{event:"log"}"""),
        Text("not_json", """{'event':'log'}"""),
        Text("not_json", """{"event":"log","data":{"x":NaN}}"""),
        Text("not_json", """{"event":"log","data":{"x":1,}}"""),
        Text("not_json", """{"event":"log","data":{"x":01}}"""),
        Text("not_json", "{\"event\":\"log\",\"data\":{\"x\":\"a\nb\"}}"),
        Text("not_json", """{"event":"log",/* no */"data":{}}"""),
        Text("not_an_object", "null"),
        Text("not_an_object", "42"),
        Text("not_an_object", "\"task:created\""),
        Text("not_an_object", """[{"event":"log","data":{}}]"""),
        Text("too_deep", """{"event":"log","data":{"x":""" + new string('[', 100) + new string(']', 100) + "}}"),
        Text("too_deep", """{"event":"log","data":""" + string.Concat(Enumerable.Repeat("{\"a\":", 80)) + "1" + new string('}', 81)),
        Text("too_many_fields", "{\"event\":\"log\"," + string.Join(',', Enumerable.Range(0, 100).Select(i => $"\"f{i}\":1")) + "}"),
        Text("no_event", "{}"),
        Text("no_event", """{"data":{"taskId":"t1"}}"""),
        Text("no_event", """{"Event":"log","data":{}}"""),
        Text("two_names", """{"event":"task:created","type":"task:started","data":{}}"""),
        Text("bad_name", """{"event":"","data":{}}"""),
        Text("bad_name", """{"event":7,"data":{}}"""),
        Text("bad_name", """{"event":null,"data":{}}"""),
        Text("bad_name", """{"event":"a\u0000b","data":{}}"""),
        Text("bad_name", """{"event":"\ud800","data":{}}"""),
        Text("bad_name", $$$"""{"event":"{{{new string('n', 129)}}}","data":{}}"""),
        Text("duplicate_field", """{"event":"log","data":{},"data":{"x":1}}"""),
        Text("duplicate_field", """{"event":"log","event":"log","data":{}}"""),
        Text("no_data", """{"event":"task:created","taskId":"t1"}"""),
        Text("bad_data", """{"event":"log","data":[1]}"""),
        Text("bad_data", """{"event":"log","data":"text"}"""),
        Text("bad_data", """{"event":"log","data":null}"""),
        Text("bad_data", """{"event":"task:created","data":{"taskId":5}}"""),
        Text("bad_data", """{"event":"task:created","data":{"status":"sleeping"}}"""),
        Text("bad_data", """{"event":"task:progress","data":{"progress":101}}"""),
        Text("bad_data", """{"event":"task:progress","data":{"progress":-1}}"""),
        Text("bad_data", """{"event":"task:progress","data":{"progress":"50"}}"""),
        Text("bad_data", """{"event":"executor:status","data":{"activeCount":-1}}"""),
        Text("bad_data", """{"event":"executor:status","data":{"availableSlots":1.5}}"""),
        Text("bad_timestamp", """{"event":"log","data":{},"timestamp":"yesterday"}"""),
        Text("bad_timestamp", """{"event":"log","data":{},"timestamp":1760000000}"""),
        Text("bad_timestamp", """{"event":"log","data":{},"timestamp":"2026-02-30T00:00:00Z"}"""),
        Text("bad_field", """{"event":"log","data":{},"project_id":{"a":1}}"""),
        Text("bad_field", """{"event":"log","data":{},"node_id":5}"""),
        Text("bad_field", """{"event":"log","data":{},"seq":-1}"""),
    ];

    private static (string Reason, byte[] Payload) Text(string reason, string payload) => (reason, Encoding.UTF8.GetBytes(payload));
}
