using System.Collections.Concurrent;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>
/// The connections that have sent a command, by number, for the delivery of replies. A connection receives its number with its first command, so connections
/// that only receive cost nothing here; a number is never reused. Thread-safe.
/// </summary>
internal sealed class ReplyTable(Instance instance, CommandCounts counts, TimeProvider time)
{
    private readonly ConcurrentDictionary<long, Client> _clients = new();
    private readonly byte[] _instance = Encoding.ASCII.GetBytes(instance.Name);
    private long _last;

    /// <summary>Number of connections that have sent a command and have not ended. Any thread.</summary>
    public int Connections => _clients.Count;

    /// <summary>Returns the connection's new number, which is valid until <see cref="Remove"/>.</summary>
    public long Add(Client client)
    {
        long number = Interlocked.Increment(ref _last);
        _clients[number] = client;
        return number;
    }

    public void Remove(long number) => _clients.TryRemove(number, out _);

    /// <summary>
    /// Sends the event to the connection whose command it answers, if it is a connection of this instance. For the ingest thread. Allocates nothing if it is
    /// not.
    /// </summary>
    public void Deliver(DecodedEvent e) => counts.Record(TryDeliver(e));

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
            // The reply concerns only this client, and so does its loss.
            client.Fail();
            return ReplyOutcome.Gone;
        }
    }
}

/// <summary>The outcome of a reply at this instance. Every instance receives every reply.</summary>
internal enum ReplyOutcome
{
    /// <summary>Queued for its connection.</summary>
    Delivered,

    /// <summary>For a connection of this instance that has ended or is closing.</summary>
    Gone,

    /// <summary>Not for a connection of this instance.</summary>
    Elsewhere,
}

/// <summary>The names of <see cref="ReplyOutcome"/> in metrics and status.</summary>
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
