using System.Diagnostics;
using Cecelia.Relay.Events;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// Publishes every change of Brain's table <c>runs</c> to Redis, as any other publisher does, from the one instance that holds the lease. A page of changes is
/// read, published together with the note of which they were, and deleted: whoever leads next begins by deleting what that note names. So a change that is in
/// the table and not in the note has not been published, and one that is in the note has. <see cref="RunAsync"/> is called again after a failure; the
/// rest may be read from any thread.
/// </summary>
internal sealed partial class RunsBridge
{
    /// <summary>Between two looks at the table when nothing is told: a lost notification costs so much, and a dead connection is noticed soon.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Between two requests for the lease, on average.</summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(400);

    /// <summary>After the start, and when Redis is back: what is published before the other instances have subscribed would not reach their clients.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks at the triggers. A table that is replaced meanwhile is noticed so late.</summary>
    private static readonly TimeSpan TriggersInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly PostgresUrl _url;
    private readonly LeasedPublisher _publisher;
    private readonly RunEvents _events;
    private readonly Func<bool> _isHeard;
    private readonly TimeProvider _time;
    private readonly ILogger<RunsBridge> _logger;
    private readonly ReasonLog _reasons;
    private readonly RunWarnings _warnings;
    private volatile RunsBridgeStatus _status;

    /// <summary>Published by this instance, and perhaps still in the table. Redis has them in the position too, unless it has lost its memory since.</summary>
    private IReadOnlyList<RunChangeId> _undeleted = [];
    private long? _heardSince;
    private int _failuresInARow;
    private long _published;
    private long _skipped;
    private long _trimmed;
    private long _lost;
    private long _failures;
    private long _lagMs;

    /// <param name="url">The database.</param>
    /// <param name="publisher">Stays the caller's.</param>
    /// <param name="limits">What relays accept.</param>
    /// <param name="isHeard">Whether what is published now reaches our own clients; a bridge that hears nothing gives the lease up. Any thread, quick.</param>
    /// <param name="time">For all waiting.</param>
    /// <param name="logger">Gets each trouble twice a minute at most.</param>
    public RunsBridge(PostgresUrl url, LeasedPublisher publisher, EventLimits limits, Func<bool> isHeard, TimeProvider time, ILogger<RunsBridge> logger)
    {
        _url = url;
        _publisher = publisher;
        _events = new RunEvents(limits);
        _isHeard = isHeard;
        _time = time;
        _logger = logger;
        _reasons = new ReasonLog(time);
        _warnings = new RunWarnings(time);
        _status = new RunsBridgeStatus(RunsBridgeState.Standby, time.GetUtcNow(), "not tried yet");
    }

    public RunsBridgeStatus Status => _status;

    /// <summary>The database, without the password.</summary>
    public string Server => _url.Masked;

    /// <summary>Events that this instance has published.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Changes of which no event could be made.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Events that hold only part of their row, since relays would refuse the whole.</summary>
    public long Trimmed => Volatile.Read(ref _trimmed);

    /// <summary>Changes that the database threw away or could not note, as found by this instance.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>How often something was in the way.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>How old the oldest change was that was not published when this instance, leading, last looked; 0 when there was none, or it does not lead.</summary>
    public long LagMs => Volatile.Read(ref _lagMs);

    /// <summary>Leads whenever it can, until it is cancelled; then gives the lease up and returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true) await Task.Delay(await TakeTurnAsync(cancellationToken), _time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The only way out, and the asked for one.
        }
    }

    /// <summary>Leads, if it may, for as long as it can; returns how long to wait before the next turn.</summary>
    private async Task<TimeSpan> TakeTurnAsync(CancellationToken cancellationToken)
    {
        if (!HasSettled())
        {
            TransitionTo(RunsBridgeState.Standby, "waiting: its own link to Redis is down, or has been up only for moments");
            return Jittered(AskInterval);
        }

        try
        {
            RedisReply<bool> lease = await _publisher.TryLeadAsync(cancellationToken);
            if (!lease.IsDone) return Fail(lease.Reason);
            if (!lease.Value)
            {
                TransitionTo(RunsBridgeState.Standby, "another instance leads");
                return Jittered(AskInterval);
            }

            return await LeadAndReleaseAsync(cancellationToken) is { } trouble ? Fail(trouble) : Jittered(AskInterval);
        }
        catch (PostgresUnreachableException failure)
        {
            return Fail(failure.Message);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // The duty's: it logs, counts, waits and begins a new turn.
            Volatile.Write(ref _failures, _failures + 1);
            TransitionTo(RunsBridgeState.Failing, $"an unexpected fault: {fault.GetType().Name}");
            throw;
        }
    }

    private async Task<string?> LeadAndReleaseAsync(CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Start(Spans.RunsLead);
        try
        {
            string? trouble = await LeadAsync(cancellationToken);
            span?.SetStatus(trouble is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, trouble);
            return trouble;
        }
        finally
        {
            Volatile.Write(ref _lagMs, 0);
            if (_status.State == RunsBridgeState.Leading) TransitionTo(RunsBridgeState.Standby, "gave the lease up");
            // Another instance may have more luck with PostgreSQL, and need not wait.
            await _publisher.ReleaseAsync();
        }
    }

    /// <summary>Why it could not go on; null when it may not.</summary>
    private async Task<string?> LeadAsync(CancellationToken cancellationToken)
    {
        RedisReply<LeaseCheckpoint?> loaded = await _publisher.LoadAsync(cancellationToken);
        if (!loaded.IsDone) return loaded.Reason;
        if (loaded.Value is not { } position) return null;
        if (!RunCursor.TryRead(position.Cursor, out IReadOnlyList<RunChangeId> published)) return "the position in Redis does not say which changes were published";

        await using RunChanges changes = await RunChanges.OpenAsync(_url, position.Source, _time, cancellationToken);
        await changes.DeleteAsync([.. published, .. _undeleted]);
        _undeleted = [];
        await LookAtTriggersAsync(changes);
        long looked = _time.GetTimestamp();
        if (_reasons.MayLog("leading")) LogLeading(_logger, Server);
        long renewed = _time.GetTimestamp();
        while (_isHeard())
        {
            if (_time.GetElapsedTime(looked) >= TriggersInterval)
            {
                await LookAtTriggersAsync(changes);
                looked = _time.GetTimestamp();
            }

            IReadOnlyList<RunChange> page = await changes.ReadAsync();
            Volatile.Write(ref _lagMs, page.Count == 0 ? 0 : page[0].AgeMs);
            if (page.Count == 0)
            {
                _failuresInARow = 0;
                if (_time.GetElapsedTime(renewed) >= LookInterval)
                {
                    RedisReply<bool> lease = await _publisher.RenewAsync(cancellationToken);
                    if (!lease.IsDone) return lease.Reason;
                    if (!lease.Value) return null;
                    renewed = _time.GetTimestamp();
                }

                await changes.WaitAsync(LookInterval, cancellationToken);
                continue;
            }

            (IReadOnlyList<byte[]> payloads, LeaseCheckpoint next) = Write(page, position);
            RedisReply<bool> reply = await _publisher.PublishAsync(position, next, payloads, cancellationToken);
            if (!reply.IsDone) return reply.Reason;
            if (!reply.Value) return null;
            (position, renewed, _failuresInARow) = (next, _time.GetTimestamp(), 0);
            _undeleted = [.. page.Select(change => change.Id)];
            StartLeading();
            Volatile.Write(ref _published, _published + payloads.Count);
            if (_publisher.StreamFault is { } fault && _reasons.MayLog(fault)) LogNotKept(_logger, fault);
            await changes.DeleteAsync(_undeleted);
            _undeleted = [];
        }

        return null;
    }

    /// <summary>The events of a page, and the position behind them. What makes no event uses up its numbers, so that clients are told that something is missing.</summary>
    private (IReadOnlyList<byte[]> Payloads, LeaseCheckpoint Next) Write(IReadOnlyList<RunChange> page, LeaseCheckpoint position)
    {
        var payloads = new List<byte[]>(page.Count);
        long seq = position.Seq;
        foreach (RunChange change in page)
        {
            if (change.Kind == "lost")
            {
                seq += Math.Max(change.Lost, 0);
                Volatile.Write(ref _lost, _lost + change.Lost);
                _warnings.NoteMissedChange("the database threw it away, or could not note it");
                LogLost(_logger, change.Lost);
                continue;
            }

            RunEvent made = _events.Make(change, position.Source, ++seq);
            if (made.Payload is null)
            {
                _warnings.NoteMissedChange(made.Trouble!);
                CountAndLog(ref _skipped, made.Trouble!, LogSkipped);
            }
            else
            {
                payloads.Add(made.Payload);
            }

            if (made is { Payload: not null, Trouble: { } trouble }) CountAndLog(ref _trimmed, trouble, LogTrimmed);
        }

        return (payloads, position with { Seq = seq, Cursor = RunCursor.Write(page.Select(change => change.Id)) });
    }

    /// <summary>Finds changes that are made and not noted. What is found is a warning, since the others are published.</summary>
    private async Task LookAtTriggersAsync(RunChanges changes)
    {
        IReadOnlyList<string> found = await changes.FindUnrecordedAsync();
        foreach (string warning in _warnings.Replace(found)) LogUnnoted(_logger, warning);
        StartLeading();
    }

    private void StartLeading()
    {
        (int count, string text) = _warnings.Describe();
        TransitionTo(RunsBridgeState.Leading, count == 0 ? $"publishes the changes of runs in {Server}" : $"changes of runs in {Server} may be missing: {text}", count);
    }

    private void CountAndLog(ref long count, string reason, Action<ILogger, string> log)
    {
        Volatile.Write(ref count, count + 1);
        if (_reasons.MayLog(reason)) log(_logger, reason);
    }

    private bool HasSettled()
    {
        if (!_isHeard())
        {
            _heardSince = null;
            return false;
        }

        _heardSince ??= _time.GetTimestamp();
        return _time.GetElapsedTime(_heardSince.Value) >= SettleTime;
    }

    /// <summary>Full jitter, so that instances whose PostgreSQL comes back do not come all at once.</summary>
    private TimeSpan Fail(string reason)
    {
        Volatile.Write(ref _failures, _failures + 1);
        TransitionTo(RunsBridgeState.Failing, reason);
        if (_reasons.MayLog(reason)) LogFailing(_logger, reason);
        double longestMs = Math.Min(FirstRetry.TotalMilliseconds * Math.Pow(2, Math.Min(_failuresInARow++, 10)), LongestRetry.TotalMilliseconds);
        // No cryptography here: the jitter only keeps instances apart.
#pragma warning disable CA5394
        return TimeSpan.FromMilliseconds(longestMs * Random.Shared.NextDouble());
#pragma warning restore CA5394
    }

#pragma warning disable CA5394
    private static TimeSpan Jittered(TimeSpan average) => average * (0.5 + Random.Shared.NextDouble());
#pragma warning restore CA5394

    private void TransitionTo(RunsBridgeState state, string why, int warnings = 0)
    {
        if (_status.State == state && _status.Reason == why) return;
        _status = new RunsBridgeStatus(state, _status.State == state ? _status.Since : _time.GetUtcNow(), why, warnings);
    }
}
