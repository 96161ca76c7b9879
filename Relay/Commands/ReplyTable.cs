using System.Collections.Concurrent;
using System.Text;
using Cecelia.Relay.Access;
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
    private readonly ConcurrentDictionary<long, (Client Client, Func<Grant>? Grant)> _clients = new();
    private readonly byte[] _instance = Encoding.ASCII.GetBytes(instance.Name);
    private long _last;

    /// <summary>Number of connections that have sent a command and have not ended. Any thread.</summary>
    public int Connections => _clients.Count;

    /// <summary>Returns the connection's new number, which is valid until <see cref="Remove"/>.</summary>
    /// <param name="client">Receives the replies.</param>
    /// <param name="grant">Returns what the connection's current token grants; null without access control.</param>
    public long Add(Client client, Func<Grant>? grant = null)
    {
        long number = Interlocked.Increment(ref _last);
        _clients[number] = (client, grant);
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
        if (!_clients.TryGetValue(connection, out (Client Client, Func<Grant>? Grant) receiver)) return ReplyOutcome.Gone;
        if (receiver.Grant?.Invoke() is { Rights: var rights } && !MayReceive(rights, e)) return ReplyOutcome.Hidden;
        Client client = receiver.Client;
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

    /// <summary>
    /// Returns whether the rights include the project and the execution that a reply names. One that names none is meant for the sender of the command.
    /// </summary>
    private static bool MayReceive(Rights rights, DecodedEvent e) =>
        (e.ProjectId.IsEmpty || rights.IncludesProject(e.ProjectId)) && (e.ExecutionId.IsEmpty || rights.IncludesExecution(e.ExecutionId));
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

    /// <summary>Not delivered, because it names a project or an execution that the client's token does not include.</summary>
    Hidden,
}

/// <summary>The names of <see cref="ReplyOutcome"/> in metrics and status.</summary>
internal static class ReplyOutcomes
{
    public static IReadOnlyList<ReplyOutcome> All { get; } = Enum.GetValues<ReplyOutcome>();

    public static string ToWireName(this ReplyOutcome outcome) => outcome switch
    {
        ReplyOutcome.Delivered => "delivered",
        ReplyOutcome.Gone => "gone",
        ReplyOutcome.Hidden => "hidden",
        _ => "elsewhere",
    };
}
