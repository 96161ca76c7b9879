using System.Threading.Channels;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Publishes clients' commands, each at most once and in the order in which they were accepted, and reports the outcome of each within
/// <see cref="CommandOptions.Deadline"/>. Several commands may be in flight at once: Redis answers in order. <see cref="RunAsync"/> may be called again after
/// a failure, but not concurrently.
/// </summary>
internal sealed partial class CommandPublisher(
    RedisCommandChannel channel,
    CommandQueue queue,
    CommandResults results,
    TimeProvider time,
    ILogger<CommandPublisher> logger)
{
    private readonly ReasonLog _reasons = new(time);

    /// <summary>Publishes until it is cancelled. The outcome of a command that is in flight then is reported as unknown.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Bounded by the queue, which counts a command until its outcome has been reported.
        var inFlight = Channel.CreateUnbounded<Publication>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reporting = ReportAsync(inFlight.Reader, stopped);
        try
        {
            await foreach (Command command in queue.TakeAllAsync(stopped.Token)) await SendAsync(command, inFlight.Writer, cancellationToken);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The relay stops, or outcomes are no longer reported. In the latter case the await below throws.
        }
        finally
        {
            inFlight.Writer.Complete();
            await reporting;
        }
    }

    /// <summary>Sends a command and returns when the next one may follow. A failure affects only this command.</summary>
    private async Task SendAsync(Command command, ChannelWriter<Publication> inFlight, CancellationToken cancellationToken)
    {
        Publication? publication = null;
        try
        {
            publication = new Publication(command);
            publication.Reply = PublishAsync(publication, cancellationToken);
            inFlight.TryWrite(publication);
            // The next command must not overtake this one while it waits for a connection.
            await Task.WhenAny(publication.Sent.Task, publication.Reply);
        }
        catch (Exception fault)
        {
            LogFault(logger, fault);
            // Otherwise the command is in flight, and its outcome is reported when Redis has answered.
            if (publication?.Reply is null) Fail(command);
        }
    }

    /// <summary>Reports a failed command to its client, which also removes it from the queue. Does not throw.</summary>
    private void Fail(Command command)
    {
        try
        {
            results.Failed(command, "The relay failed: it is unknown whether the command was published");
        }
        catch (Exception fault)
        {
            LogFault(logger, fault);
        }
    }

    /// <summary>Publishes a command and returns the number of its receivers. Does not throw: a cancellation and a bug are replies too.</summary>
    private async Task<RedisReply<long>> PublishAsync(Publication publication, CancellationToken cancellationToken)
    {
        TimeSpan Left() => CommandOptions.Deadline - time.GetElapsedTime(publication.Command.AcceptedAt);
        if (Left() <= TimeSpan.Zero) return Unreachable("too many commands wait");
        try
        {
            using var late = new CancellationTokenSource(Left(), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            RedisReply<bool> connected = await channel.ConnectAsync(either.Token);
            if (!connected.IsDone) return connected.As<long>();
            TimeSpan left = Left();
            if (left <= TimeSpan.Zero) return Unreachable("no connection in time");
            return await channel.PublishAsync(publication.Command.Payload, publication.Sent.SetResult, left, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Unreachable(cancellationToken.IsCancellationRequested ? "the relay is shutting down" : "no connection in time");
        }
        catch (Exception fault)
        {
            // A fault with one command must not affect the commands behind it.
            LogFault(logger, fault);
            return Unreachable("an unexpected fault of the relay");
        }
    }

    /// <summary>Reports the outcomes in the order in which the commands were sent, which is also the order of Redis' answers.</summary>
    /// <param name="inFlight">The commands in flight.</param>
    /// <param name="stopped">Cancelled when this ends: no more commands are sent when outcomes are not reported.</param>
    private async Task ReportAsync(ChannelReader<Publication> inFlight, CancellationTokenSource stopped)
    {
        try
        {
            await foreach (Publication publication in inFlight.ReadAllAsync(CancellationToken.None)) await ReportAsync(publication);
        }
        finally
        {
            await stopped.CancelAsync();
            // After a failure: each of these still counts in the queue.
            while (inFlight.TryRead(out Publication? publication)) Fail(publication.Command);
        }
    }

    /// <summary>Reports one outcome. After a failure only this outcome is not reported to its client.</summary>
    private async Task ReportAsync(Publication publication)
    {
        try
        {
            RedisReply<long> reply = await publication.Reply!;
            string? replica = reply is { IsDone: true, Value: 0 } ? await FindReplicaAsync(publication.Command) : null;
            if (reply.IsDone && replica is null)
            {
                results.Published(publication.Command, reply.Value, isComplete: !channel.IsCluster);
                return;
            }

            string reason = replica ?? reply.Reason;
            if (_reasons.MayLog(reason)) LogFailed(logger, reason);
            string error = replica is not null ? "Redis is a replica without a subscriber, so the command did not reach anyone"
                : reply.Outcome != RedisOutcome.Unreachable ? "Redis refused the command: it was not published"
                : publication.Sent.Task.IsCompleted ? "Redis did not answer: it is unknown whether the command was published"
                : "Redis cannot be reached: the command was not published";
            results.Failed(publication.Command, error);
        }
        catch (Exception fault)
        {
            LogFault(logger, fault);
        }
    }

    /// <summary>
    /// Returns why the lack of a subscriber says nothing about Brain: a replica does not pass a publication to its primary. Returns null if the server is not
    /// known to be a replica.
    /// </summary>
    private async Task<string?> FindReplicaAsync(Command command)
    {
        TimeSpan left = CommandOptions.Deadline - time.GetElapsedTime(command.AcceptedAt);
        if (left <= TimeSpan.Zero) return null;
        RedisReply<RedisRole> role = await channel.FindRoleAsync(left, CancellationToken.None);
        return role.Value is { Kind: RedisRoleKind.Replica } replica
            ? $"the server is {replica}, which does not receive them, and has no subscriber itself"
            : null;
    }

    private static RedisReply<long> Unreachable(string reason) => new(RedisOutcome.Unreachable, 0, reason);

    /// <summary>A command in flight.</summary>
    private sealed class Publication(Command command)
    {
        public Command Command => command;

        /// <summary>Completes when the command has been handed to the Redis client: from then on only Redis' answer determines its outcome.</summary>
        public TaskCompletionSource Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Redis' answer. Never faults.</summary>
        public Task<RedisReply<long>>? Reply { get; set; }
    }
}
