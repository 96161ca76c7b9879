using System.Collections.Concurrent;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>
/// The connections that have sent a command, by their number, and the way back to them. A number is given with a connection's first command and to no other
/// ever: those that only listen cost nothing here. Thread-safe.
/// </summary>
internal sealed class ReplyTable(Instance instance, TimeProvider time)
{
    private readonly ConcurrentDictionary<long, Client> _clients = new();
    private readonly byte[] _instance = Encoding.ASCII.GetBytes(instance.Name);
    private readonly long[] _counts = new long[ReplyOutcomes.All.Count];
    private long _last;

    /// <summary>Connections that have sent a command and are still there. Any thread.</summary>
    public int Connections => _clients.Count;

    /// <summary>How many replies came to that. Any thread.</summary>
    public long Count(ReplyOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    /// <summary>The connection's number, from now on until <see cref="Remove"/>.</summary>
    public long Add(Client client)
    {
        long number = Interlocked.Increment(ref _last);
        _clients[number] = client;
        return number;
    }

    public void Remove(long number) => _clients.TryRemove(number, out _);

    /// <summary>Hands the event to the connection whose command it answers, if it is one of this instance's. For the ingest thread. Allocates nothing if it is not.</summary>
    public void Deliver(DecodedEvent e) => Interlocked.Increment(ref _counts[(int)TryDeliver(e)]);

    private ReplyOutcome TryDeliver(DecodedEvent e)
    {
        if (!CommandId.TryRead(e.ReplyTo, out ReadOnlySpan<byte> of, out long connection) || !of.SequenceEqual(_instance)) return ReplyOutcome.Elsewhere;
        if (!_clients.TryGetValue(connection, out Client? client)) return ReplyOutcome.Gone;
        try
        {
            byte[] frame = ReplyFrame.Make(e, client.View.View.Kind.Format, time.GetUtcNow().ToUnixTimeMilliseconds());
            return client.PostInOrder(frame) ? ReplyOutcome.Delivered : ReplyOutcome.Gone;
        }
        catch (OutOfMemoryException)
        {
            // The reply concerns this client alone, and so does its loss.
            client.Fail();
            return ReplyOutcome.Gone;
        }
    }
}

/// <summary>What came of a reply at this instance. Each instance sees every reply.</summary>
internal enum ReplyOutcome
{
    /// <summary>Its connection has it.</summary>
    Delivered,

    /// <summary>It is for a connection of this instance that has ended, or is about to.</summary>
    Gone,

    /// <summary>It is for none of this instance's.</summary>
    Elsewhere,
}

/// <summary>The words of <see cref="ReplyOutcome"/>.</summary>
internal static class ReplyOutcomes
{
    public static IReadOnlyList<ReplyOutcome> All { get; } = Enum.GetValues<ReplyOutcome>();

    public static string ToWireName(this ReplyOutcome outcome) => outcome switch
    {
        ReplyOutcome.Delivered => "delivered",
        ReplyOutcome.Gone => "gone",
        _ => "elsewhere",
    };
}
