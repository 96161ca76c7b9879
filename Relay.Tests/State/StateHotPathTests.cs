using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Reducing does not allocate when no new entity appears.</summary>
public class StateHotPathTests
{
    private static readonly string[] Steady =
    [
        """{"event":"task:progress","data":{"taskId":"t-1","runId":"r-1","status":"running","progress":42.5},"timestamp":"2026-02-06T08:30:00.000Z","source":"tick"}""",
        """{"event":"task:progress","data":{"taskId":"t-1","progress":7},"source":"executor","seq":SEQ}""",
        """{"event":"task:progress","data":{"taskId":"t-2","progress":100,"note":"\u00e9"},"timestamp":"2026-02-06T08:30:00.000Z","source":"tick","seq":SEQ}""",
        """{"event":"task:completed","data":{"taskId":"t-3"}}""",
        """{"event":"task:started","data":{"taskId":"t-3"}}""",
        """{"type":"task_updated","project_id":"p1","data":{"id":"t-4","status":"in_progress","nested":{"a":[1,2,{"b":null}]}}}""",
        """{"event":"executor:status","data":{"activeCount":3,"availableSlots":2}}""",
        """{"type":"status","execution_id":"execution-uuid","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}""",
        """{"event":"execution:paused","data":{}}""",
        """{"event":"execution:resumed","data":{}}""",
        """{"event":"token_stream","data":{"chunk":"Hel\n\"lo\" \ud83d\ude80"},"node_id":"n\u0031"}""",
        """{"event":"token_usage","data":{"input":SEQ},"node_id":"n1"}""",
        """{"event":"node:parallel_start","data":{"branches":["x","y"]},"node_id":"n1"}""",
        """{"event":"node_state_change","data":{"status":"completed"},"node_id":"x"}""",
        """{"type":"agent_status_update","project_id":"p1","data":{"agent_id":"a","status":"busy"}}""",
        """{"type":"agent_messages","project_id":"p1","data":{"agent_id":"a","text":"m"}}""",
        """{"type":"file_locks_update","project_id":"p1","data":{"a.cs":"a"}}""",
        """{"event":"task:unheard","data":{"taskId":"t-1","x":1}}""",
        """{"event":"log","data":{}}""",
    ];

    [Fact]
    public void Table_does_not_allocate_for_events_about_known_entities()
    {
        const int Rounds = 3000;
        var decoder = new EventDecoder(new EventLimits());
        var into = new DecodedEvent();
        // Numbers keep their width, so that the sizes stay about the same.
        byte[][][] payloads =
        [
            .. Enumerable.Range(0, Rounds).Select(
                round => (byte[][])[.. Steady.Select(text => Encoding.UTF8.GetBytes(text.Replace("SEQ", $"{100_000 + round}", StringComparison.Ordinal)))]),
        ];
        var table = new StateTable(new StateOptions { MaxTextBytes = 4096 });
        using var copy = new StateCopy();
        void Play(int from, int to)
        {
            for (int round = from; round < to; round++)
            {
                foreach (byte[] payload in payloads[round])
                {
                    decoder.Decode(payload, into);
                    table.Apply(into, Reduced.Start + round);
                }

                table.CopyTo(copy, StateSelection.All);
                table.Trim(Reduced.Start + round);
            }
        }

        Play(0, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Play(1000, Rounds);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, table.Stale);
        Assert.Equal(5, table.Count(EntityKind.Task) + table.Count(EntityKind.Executor));
    }
}
