using Cecelia.Relay.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: a limited number of requests wait for the state, for a limited time.</summary>
public sealed class ReadinessGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Request_waits_for_at_most_the_maximum_time()
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
    public async Task Requests_over_the_maximum_pass_at_once()
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
    public void Permanently_open_gate_cannot_be_closed()
    {
        var gate = new ReadinessGate(_time);
        gate.Close();
        gate.OpenForGood();
        gate.Close();

        Assert.False(gate.IsClosed);
        Assert.True(gate.WaitAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Aborted_request_stops_waiting()
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
