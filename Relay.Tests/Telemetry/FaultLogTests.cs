using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>A fault that a peer can repeat must not fill the disk.</summary>
public sealed class FaultLogTests
{
    [Fact]
    public void Repeated_fault_is_logged_once_in_30_seconds_with_the_number_of_suppressed_ones()
    {
        var time = new FakeTimeProvider();
        var log = new FaultLog(time);

        Assert.True(log.MayLog(new InvalidOperationException("a"), out long suppressed));
        Assert.Equal(0, suppressed);
        for (int i = 0; i < 1000; i++) Assert.False(log.MayLog(new InvalidOperationException($"b{i}"), out _));
        Assert.True(log.MayLog(new ArgumentException("another kind"), out suppressed));
        Assert.Equal(1000, suppressed);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(log.MayLog(new InvalidOperationException("c"), out suppressed));
        Assert.Equal(0, suppressed);
    }
}
