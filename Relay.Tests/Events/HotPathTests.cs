using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Events;

/// <summary>The cost and the robustness of decoding.</summary>
public class HotPathTests
{
    private static readonly string[] Valid =
    [
        """{"event":"task:progress","data":{"taskId":"t-1","runId":"r-1","status":"running","progress":42.5},"timestamp":"2026-02-06T08:30:00.000Z"}""",
        """{"event":"executor:status","data":{"activeCount":3,"availableSlots":2}}""",
        """{"type":"task_status_changed","project_id":"p1","data":{"task_id":17,"nested":{"a":[1,2,{"b":null}]}},"timestamp":"2026-02-06T08:30:00.123456"}""",
        """{"type":"status","execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}""",
        """{"type":"error","message":"错误描述"}""",
        """{"event":"node:parallel_start","data":{"node_ids":["a",2,{"id":"\u0063"}],"agent_id":7},"execution_id":"e1"}""",
        """{"event":"token_stream","data":{"chunk":"Hel\n\"lo\" \ud83d\ude80"},"timestamp":"2025-12-21T10:00:00.123456789+08:00","node_id":"n\u0031"}""",
        """{"\u0065vent":"\u0061b","project_id":12,"execution_id":"\u0065","id":"\u0069","seq":7,"source":"\u0073","reply_to":"\u0072","extra":{"x":1},"data":{"t\u0061skId":"\u0074","projectId":"p"}}""",
        "{\"event\":\"deep\",\"data\":{\"x\":" + Decoding.Nested(62) + "}}",
    ];

    private static readonly string[] Refused =
    [
        "", "[]", "\uFEFF{}", "{}", """{"event":5}""", """{"event":"a","data":null}""", """{"event":"a","type":"b"}""", """{"event":"\ud800"}""",
        """{"event":"task:progress","data":{"progress":101}}""", """{"event":"a","data":{},"timestamp":"x"}""", """{"event":"a","x":1}""", """{"event":"a","id":{}}""",
    ];

    [Fact]
    public void Decoder_and_writer_do_not_allocate_for_an_event()
    {
        var decoder = new EventDecoder(new EventLimits());
        var into = new DecodedEvent();
        byte[][] payloads = [.. Valid.Concat(Refused).Select(Encoding.UTF8.GetBytes)];
        var destination = new byte[4096];
        int accepted = 0;
        void Round(int times)
        {
            for (int i = 0; i < times; i++)
            {
                if (decoder.Decode(payloads[i % payloads.Length], into) != RefusalReason.None) continue;
                accepted++;
                if (CeceliaFormat.MaxLength(into, "p-1"u8) > destination.Length) throw new InvalidOperationException("the test's buffer is too small");
                CeceliaFormat.Write(into, destination, 1_770_366_600_000);
                CeceliaFormat.Write(into, destination, 1_770_366_600_000, "p-1"u8);
                _ = into.TaskId.Length + into.ProjectId.Length + into.ExecutionId.Length;
            }
        }

        Allocations.AssertNone(() =>
        {
            accepted = 0;
            Round(10_500);
        });
        Assert.Equal(10_500 * Valid.Length / payloads.Length, accepted);
    }

    /// <summary>
    /// Flips, cuts, duplicates and splices bytes at random: no exception escapes, and an accepted payload is written as JSON that other parsers can read.
    /// </summary>
    [Fact]
    public void Decoder_mutated_payloads_never_throw_and_never_yield_invalid_json()
    {
        int rounds = TestLength.Times(60_000);
        var random = new Random(5221);
        var decoder = new EventDecoder(new EventLimits());
        var into = new DecodedEvent();
        byte[][] seeds =
        [
            .. Valid
                .Concat(RefusalTests.Malformed.Select(row => (string)((object[])row)[0]))
                .Where(s => s.Length is > 0 and < 2000)
                .Select(Encoding.UTF8.GetBytes),
        ];
        var reasons = new int[RefusalReasons.Count];
        long before = GC.GetAllocatedBytesForCurrentThread();
        long checking = 0;
        for (int i = 0; i < rounds; i++)
        {
            byte[] payload = Mutate(seeds[random.Next(seeds.Length)], seeds[random.Next(seeds.Length)], random);
            RefusalReason reason = decoder.Decode(payload, into);
            reasons[(int)reason]++;
            if (reason != RefusalReason.None) continue;

            long start = GC.GetAllocatedBytesForCurrentThread();
            ReadOnlySpan<byte> id = i % 2 == 0 ? "p-1"u8 : default;
            var destination = new byte[CeceliaFormat.MaxLength(into, id)];
            int length = CeceliaFormat.Write(into, destination, 0, id);
            using (JsonDocument written = JsonDocument.Parse(destination.AsMemory(0, length), new JsonDocumentOptions { MaxDepth = 66 }))
            {
                Assert.Equal(JsonValueKind.Object, written.RootElement.GetProperty("data").ValueKind);
                Assert.Equal(Encoding.UTF8.GetString(into.Name), written.RootElement.GetProperty("event").GetString());
            }

            checking += GC.GetAllocatedBytesForCurrentThread() - start;
        }

        Assert.True(reasons[(int)RefusalReason.None] > 500, "too few mutants were accepted to prove anything");
        Assert.True(reasons.Count(n => n > 0) >= 12, $"the mutants covered only {reasons.Count(n => n > 0)} reasons");
        // A refused document costs the exception of the reader and the mutant itself, never a multiple of the payload.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before - checking, 0, rounds * 8192L);
    }

    private static byte[] Mutate(byte[] payload, byte[] other, Random random)
    {
        byte[] mutant = [.. payload];
        for (int i = random.Next(4); i > 0; i--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
        for (int i = random.Next(3); i > 0; i--) mutant[random.Next(mutant.Length)] = "{}[]\",:\\u0123eE+-. \t"u8[random.Next(20)];
        return random.Next(6) switch
        {
            0 => mutant[..random.Next(mutant.Length)],
            1 => [.. mutant[..random.Next(mutant.Length)], .. other[random.Next(other.Length)..]],
            2 => [.. mutant, .. other],
            3 => [.. payload[..^1], (byte)',', .. other[1..]],
            _ => mutant,
        };
    }
}
