using System.Threading.Channels;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Telemetry;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes clients' commands, each once at most, in the order in which they were accepted, and says of each what came of it within
/// <see cref="CommandOptions.Deadline"/>. Many may be on their way at once: Redis answers in order. On a connection of its own, so that commands and events do
/// not wait for each other. <see cref="RunAsync"/> is called again after a failure, not twice at once.
/// </summary>
internal sealed partial class CommandPublisher : IAsyncDisposable
{
    /// <summary>For finding a host that answers, and again for connecting to it.</summary>
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(1);

    private readonly CommandQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger<CommandPublisher> _logger;
    private readonly RedisConnection _connection;
    private readonly RedisChannel _channel;
    private readonly ReasonLog _reasons;

    public CommandPublisher(RedisUrl url, RedisOptions options, CommandQueue queue, TimeProvider time, ILogger<CommandPublisher> logger)
    {
        _queue = queue;
        _time = time;
        _logger = logger;
        _connection = new RedisConnection(url, ConnectDeadline, time);
        _channel = new RedisChannel(options.CommandsChannel, RedisChannel.PatternMode.Literal);
        _reasons = new ReasonLog(time);
    }

    /// <summary>Publishes until it is cancelled; what is on its way then is said to be unknown.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Bounded by the queue, which counts a command until it is answered.
        var begun = Channel.CreateUnbounded<Publication>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task answering = AnswerAsync(begun.Reader, over);
        try
        {
            await foreach (Command command in _queue.TakeAllAsync(over.Token)) await BeginAsync(command, begun.Writer, cancellationToken);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The relay stops, or nothing is answered any more: the line below says which.
        }
        finally
        {
            begun.Writer.Complete();
            await answering;
        }
    }

    /// <summary>Sends the command on its way, and returns when the next one may follow. A failure costs this command alone.</summary>
    private async Task BeginAsync(Command command, ChannelWriter<Publication> begun, CancellationToken cancellationToken)
    {
        Publication? publication = null;
        try
        {
            publication = new Publication(command);
            publication.Reply = PublishAsync(publication, cancellationToken);
            begun.TryWrite(publication);
            // The next one must not overtake it while it waits for a connection.
            await Task.WhenAny(publication.Sent.Task, publication.Reply);
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
            // Otherwise it is on its way, and is answered when Redis has answered.
            if (publication?.Reply is null) Fail(command);
        }
    }

    /// <summary>Tells the client, and makes room in the queue. Throws nothing.</summary>
    private void Fail(Command command)
    {
        try
        {
            command.Failed("A fault of the relay: nobody knows whether the command was published");
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Throws nothing: a cancellation, and a bug, are answers too.</summary>
    private async Task<RedisReply<long>> PublishAsync(Publication publication, CancellationToken cancellationToken)
    {
        TimeSpan Left() => CommandOptions.Deadline - _time.GetElapsedTime(publication.Command.AcceptedAt);
        if (Left() <= TimeSpan.Zero) return Unreachable("too many commands wait");
        try
        {
            using var late = new CancellationTokenSource(Left(), _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            RedisReply<bool> connected = await _connection.ConnectAsync(either.Token);
            if (!connected.IsDone) return connected.As<long>();
            TimeSpan left = Left();
            if (left <= TimeSpan.Zero) return Unreachable("no connection in time");
            return await _connection.AskAsync(
                database =>
                {
                    Task<long> published = database.PublishAsync(_channel, publication.Command.Payload);
                    publication.Sent.SetResult();
                    return published;
                },
                left,
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Unreachable(cancellationToken.IsCancellationRequested ? "the relay is shutting down" : "no connection in time");
        }
        catch (Exception fault)
        {
            // A fault with one command must not cost those behind it.
            LogFault(_logger, fault);
            return Unreachable("a fault of the relay");
        }
    }

    /// <summary>In the order in which they were begun, which is that of Redis' answers.</summary>
    /// <param name="begun">What is on its way.</param>
    /// <param name="over">Cancelled when this ends: without answers no more is to be sent.</param>
    private async Task AnswerAsync(ChannelReader<Publication> begun, CancellationTokenSource over)
    {
        try
        {
            await foreach (Publication publication in begun.ReadAllAsync(CancellationToken.None)) await AnswerAsync(publication);
        }
        finally
        {
            await over.CancelAsync();
            // After a failure: each of them still counts in the queue.
            while (begun.TryRead(out Publication? publication)) Fail(publication.Command);
        }
    }

    /// <summary>A failure costs this answer alone: its client is not told.</summary>
    private async Task AnswerAsync(Publication publication)
    {
        try
        {
            RedisReply<long> reply = await publication.Reply!;
            string? replica = reply is { IsDone: true, Value: 0 } ? await FindReplicaAsync(publication.Command) : null;
            if (reply.IsDone && replica is null)
            {
                publication.Command.Published(reply.Value, isWhole: !_connection.IsCluster);
                return;
            }

            string reason = replica ?? reply.Reason;
            if (_reasons.MayLog(reason)) LogFailed(_logger, reason);
            publication.Command.Failed(replica is not null ? "Redis is a replica without a subscriber, so the command did not reach anyone" : reply.Outcome != RedisOutcome.Unreachable ? "Redis refused the command: it was not published"
                : publication.Sent.Task.IsCompleted ? "Redis did not answer: nobody knows whether the command was published"
                : "Redis cannot be reached: the command was not published");
        }
        catch (Exception fault)
        {
            LogFault(_logger, fault);
        }
    }

    /// <summary>Why no subscriber proves nothing about Brain: a replica does not pass a publication to its primary. Null when the server is not known to be a replica.</summary>
    private async Task<string?> FindReplicaAsync(Command command)
    {
        TimeSpan left = CommandOptions.Deadline - _time.GetElapsedTime(command.AcceptedAt);
        if (left <= TimeSpan.Zero) return null;
        RedisReply<RedisRole> role = await _connection.AskAsync(RedisRole.AskAsync, left, CancellationToken.None);
        return role.Value is { Kind: RedisRoleKind.Replica } replica ? $"the server is {replica}, which does not receive them, and has no subscriber itself" : null;
    }

    private static RedisReply<long> Unreachable(string reason) => new(RedisOutcome.Unreachable, 0, reason);

    /// <summary>One command on its way.</summary>
    private sealed class Publication(Command command)
    {
        public Command Command => command;

        /// <summary>Completed when it has been handed to the Redis client: from then on only Redis' answer says what came of it.</summary>
        public TaskCompletionSource Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Redis' answer. Never fails.</summary>
        public Task<RedisReply<long>>? Reply { get; set; }
    }
}
