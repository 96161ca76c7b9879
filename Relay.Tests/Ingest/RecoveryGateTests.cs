using Cecelia.Relay.Ingest;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>Tests of the messages that recovery skips, and of when the stream may be read.</summary>
public sealed class RecoveryGateTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 6, 8, 30, 0, TimeSpan.Zero));

    [Fact]
    public void Number_of_messages_is_skipped_and_no_more()
    {
        var gate = new RecoveryGate(_time);
        gate.Skip(2);

        gate.CountSkipped();
        Assert.True(gate.IsSkipping);
        gate.CountSkipped();

        Assert.False(gate.IsSkipping);
        Assert.Equal((2, 0), (gate.Skipped, gate.Discarded));
    }

    [Fact]
    public void Skipping_without_a_number_lasts_until_it_is_ended()
    {
        var gate = new RecoveryGate(_time);
        gate.Skip(long.MaxValue);

        for (int i = 0; i < 100; i++) gate.CountSkipped();
        Assert.True(gate.IsSkippingAll && gate.IsSkipping && !gate.IsDiscarding);
        gate.Skip(0);

        Assert.False(gate.IsSkippingAll || gate.IsSkipping);
        Assert.Equal(100, gate.Skipped);
    }

    [Fact]
    public void Discarded_messages_are_counted_apart_from_skipped_ones()
    {
        var gate = new RecoveryGate(_time);
        gate.Skip(1);
        gate.CountSkipped();
        gate.SkipDiscarded();
        gate.CountSkipped();
        gate.CountSkipped();
        Assert.True(gate.IsDiscarding && gate.IsSkippingAll);

        gate.Skip(0);

        Assert.False(gate.IsDiscarding);
        Assert.Equal((1, 2), (gate.Skipped, gate.Discarded));
    }

    [Fact]
    public void Event_read_ahead_is_recognized_once_and_for_ten_seconds()
    {
        var gate = new RecoveryGate(_time);
        gate.BeginReadAhead();
        foreach (ulong hash in (ulong[])[1, 2]) gate.AddReadAhead(hash);
        gate.EndReadAhead();

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(gate.TakeReadAhead(1));
        Assert.False(gate.TakeReadAhead(1));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(gate.TakeReadAhead(2));
    }

    [Fact]
    public void Next_read_of_the_stream_forgets_events_of_an_earlier_connection()
    {
        var gate = new RecoveryGate(_time);
        gate.AddReadAhead(1);
        gate.EndReadAhead();

        gate.BeginReadAhead();

        Assert.False(gate.TakeReadAhead(1));
    }

    [Fact]
    public async Task Stream_is_read_for_a_hole_at_most_once_in_five_seconds()
    {
        byte[] stored = [1];
        var gate = new RecoveryGate(_time, () => Task.FromResult<IReadOnlyList<byte[]>>([stored]));
        Assert.True(gate.MayRefill);

        Assert.Same(stored, Assert.Single(await gate.RefillAsync()));

        Assert.False(gate.MayRefill);
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.False(gate.MayRefill);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(gate.MayRefill);
    }

    [Fact]
    public void Without_a_stream_nothing_is_refilled() => Assert.False(new RecoveryGate(_time).MayRefill);
}
