using System.Buffers;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Events;
using CsCheck;

namespace Cecelia.Relay.Tests.State;

/// <summary>The parts of a snapshot are the whole state, and each part is a message that a client can accept.</summary>
public class SnapshotPartsTests
{
    [Fact]
    public void Empty_state_is_one_part() => Assert.Equal("""{"part":1,"last":true,"position":null}""", Assert.Single(Parts(new Reduced())));

    [Fact]
    public void Small_state_is_one_part_with_a_section_for_each_present_kind()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"executor:status","data":{"activeCount":1}}""",
            """{"event":"task:created","data":{"taskId":"a"}}""",
            """{"event":"task:completed","data":{"taskId":"b"}}""",
            """{"event":"node_state_change","node_id":"n","data":{"status":"running"}}""");

        JsonElement part = Reduced.Parse(Assert.Single(Parts(state, "x\"1")));
        Assert.Equal("part,last,position,tasks,executor,nodes", string.Join(',', part.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("x\"1", part.GetProperty("position").GetString());
        Assert.Equal(2, part.GetProperty("tasks").GetArrayLength());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1000)]
    public void Parts_together_are_the_whole_state_and_each_is_within_the_size_limit(int size) =>
        RandomEvents.Many(size, size).Sample(events => CheckParts(events, size), iter: TestLength.Times(3));

    private static void CheckParts(string[] events, int size)
    {
        const int PartBytes = 4096;
        Reduced state = new Reduced().Apply(events);
        for (int i = 0; i < size; i++)
        {
            state.Apply($$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}","x":"{{{new string('x', i % 50 == 3 ? 6000 : i % 90)}}}"}}""");
        }

        string[] parts = Parts(state, "p-1", PartBytes);
        var union = new List<string>();
        for (int i = 0; i < parts.Length; i++)
        {
            JsonElement part = Reduced.Parse(parts[i]);
            Assert.Equal(i + 1, part.GetProperty("part").GetInt32());
            Assert.Equal(i == parts.Length - 1, part.GetProperty("last").GetBoolean());
            string[] entities =
            [
                .. part.EnumerateObject()
                    .Where(member => member.Value.ValueKind == JsonValueKind.Array)
                    .SelectMany(section => section.Value.EnumerateArray())
                    .Select(entity => entity.GetRawText()),
            ];
            Assert.True(
                Encoding.UTF8.GetByteCount(parts[i]) <= PartBytes || entities.Length == 1,
                $"part {i + 1} has {parts[i].Length} bytes and {entities.Length} entities");
            Assert.NotEmpty(entities);
            union.AddRange(entities);
        }

        Assert.Equal(state.Texts().Order(StringComparer.Ordinal), union.Order(StringComparer.Ordinal));
        if (size == 1000) Assert.True(parts.Length > 50);
    }

    private static string[] Parts(Reduced state, string position = "", int partBytes = SnapshotParts.PartBytes)
    {
        using var copy = new StateCopy();
        state.Table.CopyTo(copy, StateSelection.All);
        var parts = new SnapshotParts(copy, partBytes);
        var texts = new List<string>();
        var into = new ArrayBufferWriter<byte>();
        while (!parts.IsDone)
        {
            into.ResetWrittenCount();
            Assert.True(parts.TryWriteNext(Encoding.UTF8.GetBytes(position), into));
            texts.Add(Decoding.Text(into.WrittenSpan));
        }

        Assert.False(parts.TryWriteNext([], into));
        return [.. texts];
    }
}
