using System.Net;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The connections that ended last are kept within a bound, and it is said since when they are complete.</summary>
public sealed class EndedConnectionsTests
{
    private static readonly ViewKind View = new(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain);

    [Fact]
    public void Oldest_connections_are_dropped_and_the_rest_is_complete_since_then()
    {
        var ended = new EndedConnections(10 * Record(0, "").Bytes);
        for (int i = 1; i <= 10; i++) ended.Add(Record(i, ""));
        Assert.Equal(0, ended.CompleteSinceMs);

        ended.Add(Record(11, ""));

        Assert.Equal(1001, ended.CompleteSinceMs);
        Assert.Equal(Enumerable.Range(2, 10).Select(number => (long)number), Numbers(ended));
    }

    [Fact]
    public void Long_texts_count()
    {
        var ended = new EndedConnections(10 * Record(0, "").Bytes);
        for (int i = 1; i <= 5; i++) ended.Add(Record(i, new string('u', 1000)));

        Assert.Single(Numbers(ended));
    }

    [Fact]
    public void Nothing_is_kept_without_memory()
    {
        var ended = new EndedConnections(0);
        ended.Add(Record(1, ""));

        Assert.Empty(Numbers(ended));
    }

    private static ConnectionRecord Record(int number, string user) => new(
        new ConnectionOrigin(number, "i", "c", IPAddress.Loopback, user), Transport.WebSocket, View, null, default, 1000 + number);

    private static IEnumerable<long> Numbers(EndedConnections ended)
    {
        List<ConnectionRecord> all = [];
        ended.CopyTo(all);
        return all.Select(one => one.Origin.Number);
    }
}
