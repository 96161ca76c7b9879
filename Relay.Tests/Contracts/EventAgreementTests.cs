using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Tests.Events;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>
/// The relay accepts every event that the schema accepts, and the schema refuses everything that the relay checks and refuses. The schema may be stricter
/// where the relay does not check. It cannot count bytes, nor distinguish 1.0 or 1e400 from other integers, a repeated field, or two names that differ
/// and are both unknown to it.
/// </summary>
public sealed class EventAgreementTests
{
    private static readonly string Longest = Quote(new string('k', EventLimits.KeyBytes)), TooLong = Quote(new string('k', EventLimits.KeyBytes + 1));

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "0.5", "-0.5", "100", "100.5", "101", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "\"\"", "\"x\"", "\"5\"", "\"queued\"", "\"running\"", "\"pending\"", "\"completed\"", "\"failed\"", "\"Running\"", "\"running \"", "\"done\"", Longest, TooLong, "{}", "[]", "[1]", "{\"a\":1}",
    ];

    private static readonly string[] Times =
    [
        "2026-02-06T08:30:00.000Z", "2026-02-06T08:30:00Z", "2026-02-06t08:30:00z", "2026-02-06 08:30:00", "2026-02-06T08:30:00.123456", "2026-02-06T08:30:00+08:00", "2026-02-06T08:30:00-23:59",
        "2026-02-06T08:30:60Z", "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0000-02-29T00:00:00Z", "2026-04-30T00:00:00Z", "2026-12-31T23:59:59Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-02-06T24:00:00Z", "2026-02-06T08:60:00Z", "2026-02-06T08:30:61Z", "2026-02-06T08:30:00.Z", "2026-02-06T08:30:00+8:00", "2026-02-06T08:30:00+24:00", "2026-02-06T08:30:00+08:60",
        "2026-02-06T08:30Z", "2026-02-06", "20260206T083000Z", " 2026-02-06T08:30:00Z", "2026-02-06T08:30:00Z\n", "2026-02-06T08:30:00Z ", "٢026-02-06T08:30:00Z", "yesterday", "",
        "2026-02-06T08:30:00." + new string('1', 43) + "Z", "2026-02-06T08:30:00." + new string('1', 44) + "Z",
    ];

    private static readonly string[] OddNames =
    [
        "x",
        "",
        " ",
        "a b",
        "任务",
        "a\u0001",
        "a\u007f",
        "a\u0085",
        "a\u00a0",
        new string('n', EventLimits.NameBytes),
        new string('n', EventLimits.NameBytes + 1),
    ];

    private static readonly string[] OfData =
    [
        "taskId",
        "task_id",
        "project_id",
        "projectId",
        "execution_id",
        "executionId",
        "runId",
        "status",
        "progress",
        "activeCount",
        "availableSlots",
    ];
    private static readonly string[] OfEnvelope = ["timestamp", "project_id", "execution_id", "node_id", "source", "id", "seq", "reply_to"];

    public static TheoryData<string> Names => [.. EventNames.All.Select(known => known.Name), "workflow:custom"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_accepts_the_data_of_an_event_exactly_where_the_relay_does(string name)
    {
        KnownEvent? known = EventNames.Find(Encoding.UTF8.GetBytes(name));
        foreach (string field in OfData)
        {
            foreach (string value in ValuesOf(field))
            {
                AssertAgreement($$$"""{"event":"{{{name}}}","data":{"{{{field}}}":{{{value}}}}}""", name, IsChecked(known, field));
                if (known is { MayBeFlat: true }) AssertAgreement($$"""{"type":"{{name}}","{{field}}":{{value}} }""", name, IsChecked(known, field));
            }
        }
    }

    /// <summary>Checks the envelope, which all names share, with one name for each kind of rule.</summary>
    [Theory]
    [InlineData("task:created")]
    [InlineData("log")]
    [InlineData("status")]
    [InlineData("error")]
    [InlineData("workflow:custom")]
    public void Schema_accepts_the_envelope_exactly_where_the_relay_does(string name)
    {
        foreach (string field in OfEnvelope)
        {
            foreach (string value in ValuesOf(field)) AssertAgreement($$"""{"event":"{{name}}","data":{},"{{field}}":{{value}} }""", name, isChecked: true);
        }

        foreach (string time in Times) AssertAgreement($$"""{"event":"{{name}}","timestamp":{{Quote(time)}} }""", name, isChecked: true);
        foreach (string value in Values)
        {
            AssertAgreement($$"""{"event":"{{name}}","data":{{value}} }""", name, isChecked: true);
            // A field that no client would receive, unless there is data beside it, or it is the data itself.
            AssertAgreement($$"""{"event":"{{name}}","title":{{value}} }""", name, isChecked: true);
            AssertAgreement($$"""{"event":"{{name}}","data":{},"title":{{value}} }""", name, isChecked: true);
            if (EventNames.Find(Encoding.UTF8.GetBytes(name)) is null) continue;
            AssertAgreement($$"""{"event":"{{name}}","type":{{value}} }""", name, isChecked: true);
            AssertAgreement($$"""{"event":{{value}},"type":"{{name}}"}""", name, isChecked: true);
        }

        AssertAgreement($$"""{"event":"{{name}}","type":"{{name}}"}""", name, isChecked: true);
        AssertAgreement($$"""{"event":"{{name}}"}""", name, isChecked: true);
        AssertAgreement(WithFields(name, EventLimits.EnvelopeMembers), name, isChecked: true);
        AssertAgreement(WithFields(name, EventLimits.EnvelopeMembers + 1), name, isChecked: true);
    }

    [Fact]
    public void Schema_accepts_a_name_exactly_where_the_relay_does()
    {
        foreach (string name in OddNames) AssertAgreement($$"""{"event":{{Quote(name)}} }""", null, isChecked: true);
        AssertAgreement("{}", null, isChecked: true);
        AssertAgreement("""{"data":{}}""", null, isChecked: true);
        AssertAgreement("[]", null, isChecked: true);
        AssertAgreement("null", null, isChecked: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Root_schema_accepts_an_event_exactly_where_the_definition_of_its_name_does(string name)
    {
        foreach (string field in (string[])["event", "type"])
        {
            foreach (
                string value in (string[])["{}", """{"more":1}""", """{"taskId":"t1","status":"running","progress":100}""", """{"taskId":{}}""", """{"status":"?","progress":-1,"activeCount":-1}""", "7"])
            {
                string payload = $$"""{"{{field}}":"{{name}}","data":{{value}} }""";
                Assert.Equal(Contract.Events.Faults(ReferenceOf(name), payload).Count == 0, Contract.Events.Faults("#", payload).Count == 0);
            }
        }

        if (ReferenceOf(name) == "#") return;
        Assert.NotEmpty(Contract.Events.Faults(ReferenceOf(name), """{"event":"another","data":{}}"""));
        Assert.NotEmpty(Contract.Events.Faults(ReferenceOf(name), """{"data":{}}"""));
    }

    private static void AssertAgreement(string payload, string? name, bool isChecked)
    {
        DecodedEvent decoded = Decoding.Decode(payload);
        IReadOnlyList<string> faults = Contract.Events.Faults(ReferenceOf(name), payload);
        if (decoded.Refusal != RefusalReason.None)
        {
            Assert.True(faults.Count > 0, $"the relay refuses it ({decoded.RefusalDetail}), the schema accepts it: {payload}");
        }
        else if (isChecked) Assert.True(faults.Count == 0, $"the relay accepts it, the schema does not ({string.Join("; ", faults)}): {payload}");
    }

    private static string ReferenceOf(string? name) => name is not null && EventNames.Find(Encoding.UTF8.GetBytes(name)) is not null ? "#/$defs/" + name : "#";

    /// <summary>Returns whether the relay checks the field's type and value for events of that name.</summary>
    private static bool IsChecked(KnownEvent? known, string field)
    {
        DataFaults checks = known?.Checks ?? DataFaults.None;
        return field switch
        {
            "taskId" or "task_id" => checks.HasFlag(DataFaults.TaskIdType),
            "execution_id" or "executionId" => checks.HasFlag(DataFaults.ExecutionIdType),
            "runId" => checks.HasFlag(DataFaults.RunIdType),
            "status" => (checks & (DataFaults.TaskStatus | DataFaults.ExecutionStatus)) != DataFaults.None,
            "progress" => checks.HasFlag(DataFaults.Progress),
            "activeCount" => checks.HasFlag(DataFaults.ActiveCount),
            "availableSlots" => checks.HasFlag(DataFaults.AvailableSlots),
            _ => false,
        };
    }

    /// <summary>
    /// Returns the values to try. A number beyond every range is refused where the schema has a bound; as an id it is an integer like any other to the
    /// schema.
    /// </summary>
    private static string[] ValuesOf(string field) => field is "progress" or "activeCount" or "availableSlots" or "seq" ? [.. Values, "1e400"] : Values;

    private static string WithFields(string name, int count) =>
        $$"""{"event":"{{name}}","data":{}{{string.Concat(Enumerable.Range(0, count - 2).Select(i => $",\"f{i}\":1"))}}}""";

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
