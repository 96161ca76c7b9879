using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Minutes;

/// <summary>The minutes in a handoff: instances with and without them continue from each other, and they never cost the state.</summary>
public sealed class HandoffMinutesTests
{
    private const int MaxBytes = 1024 * 1024;
    private readonly byte[] _blob = Make(MaxBytes);

    [Fact]
    public void Minutes_are_read_as_written()
    {
        MinuteTable minutes = Read(_blob);

        MinuteCopy copy = minutes.Copy();
        KeptMinute row = copy.Rows[^1];
        long[] values = new long[MinuteSeries.Count * MinuteValues.Length];
        Assert.True(MinuteRow.TryDecode(row.Row, values, out MinuteSlots? slots));
        Assert.Equal(20, values[MinuteValues.Created]);
        Assert.Equal(new MinuteSlots(3, 3, 4), slots);
        Assert.Equal("p1"u8, Assert.Single(copy.Projects).Project.Id);
        Assert.True(copy.SinceMs > 0);
        Assert.Equal(MinutesStart.Started, copy.Start);
    }

    [Fact]
    public void Copy_of_a_table_continues_like_the_table()
    {
        var table = new MinuteTable { IsLive = true };
        for (int second = 0; second < 200; second++) table.Tick(second * 1000L);
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true)) MinuteFile.Write(writer, table.Copy());
        stream.Position = 0;
        MinuteTable next = MinuteTable.From(MinuteFile.Read(new BinaryReader(stream)));
        next.IsLive = true;
        for (int second = 203; second < 300; second++)
        {
            table.Tick(second * 1000L);
            next.Tick(second * 1000L);
        }

        Assert.Equal(table.Copy().Rows.Select(row => (row.Minute, row.IsComplete)), next.Copy().Rows.Select(row => (row.Minute, row.IsComplete)));
        Assert.True(next.Copy().Rows[^2].IsComplete);
    }

    [Fact]
    public void Minutes_between_two_instances_that_are_far_apart_are_unknown()
    {
        var table = new MinuteTable { IsLive = true };
        for (int second = 0; second < 200; second++) table.Tick(second * 1000L);
        MinuteTable next = MinuteTable.From(table.Copy());
        next.IsLive = true;
        for (int second = 400; second < 500; second++) next.Tick(second * 1000L);

        Assert.Equal(
            [(0, false), (1, true), (2, true), (3, false), (6, false), (7, true), (8, false)],
            next.Copy().Rows.Select(row => ((int)row.Minute, row.IsComplete)));
    }

    /// <summary>An instance of the previous version writes no minutes.</summary>
    [Fact]
    public void Handoff_without_minutes_has_the_state_and_says_why_there_are_none()
    {
        byte[] without = [.. _blob[..^(LengthOfMinutes() + 4)], .. "end\n"u8];

        MinuteCopy copy = Read(without).Copy();

        Assert.Empty(copy.Rows);
        Assert.Equal(MinutesStart.NotHandedOver, copy.Start);
    }

    /// <summary>An instance of the previous version reads up to the end of the compressed content and ignores what follows.</summary>
    [Fact]
    public void Content_ends_before_the_minutes_for_a_reader_that_ignores_them()
    {
        using var zlib = new System.IO.Compression.ZLibStream(
            new MemoryStream(_blob["cecelia-handoff-4\n".Length..^4]), System.IO.Compression.CompressionMode.Decompress);
        using var content = new MemoryStream();
        zlib.CopyTo(content);

        Assert.Equal((byte)']', content.ToArray()[^1]);
        Assert.Equal(-1, zlib.ReadByte());
    }

    [Fact]
    public void Damaged_minutes_do_not_cost_the_state()
    {
        var random = new Random(5);
        int begin = _blob.Length - 4 - LengthOfMinutes();
        for (int at = begin; at < _blob.Length - 18; at++)
        {
            byte[] wrong = [.. _blob];
            wrong[at] ^= (byte)random.Next(1, 256);
            Assert.Equal(MinutesStart.Unreadable, Read(wrong).Copy().Start);
        }
    }

    [Fact]
    public void Minutes_are_left_out_if_the_handoff_would_be_too_large_with_them()
    {
        // The compressed times of the rest differ by a few bytes.
        byte[] small = Make(_blob.Length - (LengthOfMinutes() / 2));

        Assert.Equal(MinutesStart.NotHandedOver, Read(small).Copy().Start);
    }

    [Fact]
    public void Quiet_day_takes_little()
    {
        var table = new MinuteTable { IsLive = true };
        for (int second = 0; second < 86_400; second++) table.Tick(second * 1000L);

        Assert.InRange(HandoffMinutes.Compress(table.Copy()).Length, 1, 200);
    }

    private static MinuteTable Read(byte[] blob)
    {
        var handoff = Handoff.Read([blob], new StateTable(new StateOptions()), out string? error);
        Assert.Null(error);
        Assert.Equal(20, handoff!.State.Count(EntityKind.Task));
        return handoff.State.Minutes;
    }

    /// <summary>The compressed minutes, their length and their tag.</summary>
    private int LengthOfMinutes() => BitConverter.ToInt32(_blob.AsSpan(_blob.Length - 18, 4)) + 14;

    private static byte[] Make(long maxBytes)
    {
        var options = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(options, _ => { }, NullLogger<Pump>.Instance);
        using var timeline = new TestTimeline(options, pumps);
        var decoder = new EventDecoder(new EventLimits());
        var e = new DecodedEvent();
        string[] payloads =
        [
            .. Enumerable.Range(0, 20).Select(i => $$$"""{"event":"task:created","data":{"taskId":"t{{{i}}}"},"project_id":"p1"}"""),
            """{"event":"executor:status","data":{"activeCount":3,"availableSlots":1}}""",
        ];
        foreach (string payload in payloads)
        {
            Assert.Equal(RefusalReason.None, decoder.Decode(Encoding.UTF8.GetBytes(payload), e));
            timeline.Feed.Accept(e);
        }

        using TimelineCheckpoint frozen = timeline.Feed.Freeze(12345, 1024 * 1024);
        return Handoff.Write(frozen, null, [], maxBytes, out _)!.ToBytes();
    }
}
