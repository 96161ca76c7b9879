using Cecelia.Relay.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: requests wait for the state for a limited time, and a limited number of them.</summary>
public sealed class RecoveryGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Request_is_held_for_the_maximum_wait_and_no_longer()
    {
        var gate = new ReadinessGate(_time);
        gate.Close();

        Task held = gate.WaitAsync(default);
        _time.Advance(ReadinessGate.MaxWait - TimeSpan.FromMilliseconds(1));
        Assert.False(held.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await held.Within();
        Assert.Equal(0, gate.Waiting);
    }

    [Fact]
    public async Task Requests_beyond_the_maximum_pass_at_once()
    {
        var gate = new ReadinessGate(_time);
        gate.Close();
        Task[] held = [.. Enumerable.Range(0, ReadinessGate.MaxWaiting).Select(_ => gate.WaitAsync(default))];

        Assert.True(gate.WaitAsync(default).IsCompletedSuccessfully);
        Assert.All(held, task => Assert.False(task.IsCompleted));

        gate.Open();
        await Task.WhenAll(held).Within();
    }

    [Fact]
    public void Gate_that_is_open_for_good_cannot_be_closed()
    {
        var gate = new ReadinessGate(_time);
        gate.Close();
        gate.OpenForGood();
        gate.Close();

        Assert.False(gate.IsClosed);
        Assert.True(gate.WaitAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Request_that_is_aborted_is_not_held()
    {
        var gate = new ReadinessGate(_time);
        gate.Close();
        using var aborted = new CancellationTokenSource();
        Task held = gate.WaitAsync(aborted.Token);

        await aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.Within());
        Assert.Equal(0, gate.Waiting);
    }
}
