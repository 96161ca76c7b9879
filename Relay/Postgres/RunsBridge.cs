using System.Diagnostics;
using Cecelia.Relay.Events;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// Publishes every change of Brain's table <c>runs</c> to Redis, like any other publisher, from the one instance that holds the lease. A page of changes is
/// read, published in one transaction with a cursor that lists them, and deleted. The next leader begins by deleting the changes in the cursor. So a change
/// that is in the table but not in the cursor has not been published, and one that is in the cursor has. <see cref="RunAsync"/> is called again after a
/// failure; the properties may be read from any thread.
/// </summary>
internal sealed partial class RunsBridge
{
    /// <summary>
    /// Interval between reads of the table without a notification. Bounds the delay after a lost notification, and detects a dead connection.
    /// </summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Average interval between requests for the lease.</summary>
    private static readonly TimeSpan LeaseInterval = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Delay after startup and after an outage of Redis: events that are published before the other instances have subscribed would not reach their clients.
    /// </summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    /// <summary>Interval between checks of the triggers. A replaced table is detected after this time.</summary>
    private static readonly TimeSpan TriggersInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan MinRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(10);

    private readonly PostgresUrl _url;
    private readonly LeasedPublisher _publisher;
    private readonly RunEvents _events;
    private readonly Func<bool> _isSubscribed;
    private readonly TimeProvider _time;
    private readonly ILogger<RunsBridge> _logger;
    private readonly ReasonLog _reasons;
    private readonly RunWarnings _warnings;
    private volatile RunsBridgeStatus _status;

    /// <summary>
    /// Changes that this instance has published and that may still be in the table. The cursor in Redis contains them too, unless Redis has lost its data.
    /// </summary>
    private IReadOnlyList<RunChangeId> _undeleted = [];
    private long? _subscribedSince;
    private int _consecutiveFailures;
    private long _published;
    private long _skipped;
    private long _trimmed;
    private long _lost;
    private long _failures;
    private long _lagMs;

    /// <param name="url">The database.</param>
    /// <param name="publisher">Publishes to Redis. The caller disposes it.</param>
    /// <param name="limits">Limits of the events that relays accept.</param>
    /// <param name="isSubscribed">
    /// Returns whether events that are published now reach this instance's clients; if not, the bridge releases the lease. Fast and thread-safe.
    /// </param>
    /// <param name="time">Clock for delays.</param>
    /// <param name="logger">Receives each reason at most twice a minute.</param>
    public RunsBridge(PostgresUrl url, LeasedPublisher publisher, EventLimits limits, Func<bool> isSubscribed, TimeProvider time, ILogger<RunsBridge> logger)
    {
        _url = url;
        _publisher = publisher;
        _events = new RunEvents(limits);
        _isSubscribed = isSubscribed;
        _time = time;
        _logger = logger;
        _reasons = new ReasonLog(time);
        _warnings = new RunWarnings(time);
        _status = new RunsBridgeStatus(RunsBridgeState.Standby, time.GetUtcNow(), "not started yet");
    }

    public RunsBridgeStatus Status => _status;

    /// <summary>The database, without the password.</summary>
    public string Server => _url.Masked;

    /// <summary>Number of events that this instance has published.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Number of changes that could not be converted to an event.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Number of events with only a part of their row, since relays would refuse the whole.</summary>
    public long Trimmed => Volatile.Read(ref _trimmed);

    /// <summary>Number of changes that the database discarded or could not record, as found by this instance.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Number of failures.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Age of the oldest unpublished change at the last read, in milliseconds; 0 if there was none, or if this instance does not lead.</summary>
    public long LagMs => Volatile.Read(ref _lagMs);

    /// <summary>Leads whenever it can, until cancelled; then releases the lease and returns normally.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true) await Task.Delay(await TakeTurnAsync(cancellationToken), _time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled by the caller.
        }
    }

    /// <summary>Leads for as long as it can, if it gets the lease. Returns the delay before the next turn.</summary>
    private async Task<TimeSpan> TakeTurnAsync(CancellationToken cancellationToken)
    {
        if (!HasSettled())
        {
            TransitionTo(RunsBridgeState.Standby, "waiting: this instance's link to Redis is down, or was established less than a second ago");
            return Jittered(LeaseInterval);
        }

        try
        {
            RedisReply<bool> lease = await _publisher.TryLeadAsync(cancellationToken);
            if (!lease.IsDone) return Fail(lease.Reason);
            if (!lease.Value)
            {
                TransitionTo(RunsBridgeState.Standby, "another instance leads");
                return Jittered(LeaseInterval);
            }

            return await LeadAndReleaseAsync(cancellationToken) is { } failure ? Fail(failure) : Jittered(LeaseInterval);
        }
        catch (PostgresUnreachableException unreachable)
        {
            return Fail(unreachable.Message);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // The duty logs and counts the fault, waits, and calls RunAsync again.
            Volatile.Write(ref _failures, _failures + 1);
            TransitionTo(RunsBridgeState.Failing, $"unexpected fault: {fault.GetType().Name}");
            throw;
        }
    }

    private async Task<string?> LeadAndReleaseAsync(CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Start(Spans.RunsLead);
        try
        {
            string? failure = await LeadAsync(cancellationToken);
            span?.SetStatus(failure is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, failure);
            return failure;
        }
        finally
        {
            Volatile.Write(ref _lagMs, 0);
            if (_status.State == RunsBridgeState.Leading) TransitionTo(RunsBridgeState.Standby, "released the lease");
            // Another instance may be able to reach PostgreSQL, and does not have to wait.
            await _publisher.ReleaseAsync();
        }
    }

    /// <summary>Publishes changes until a failure, whose reason it returns, or until it must not lead any longer, for which it returns null.</summary>
    private async Task<string?> LeadAsync(CancellationToken cancellationToken)
    {
        RedisReply<LeaseCheckpoint?> loaded = await _publisher.LoadAsync(cancellationToken);
        if (!loaded.IsDone) return loaded.Reason;
        if (loaded.Value is not { } position) return null;
        if (!RunCursor.TryRead(position.Cursor, out IReadOnlyList<RunChangeId> published))
        {
            return "the cursor in Redis is not valid, so the published changes are unknown";
        }

        await using RunChanges changes = await RunChanges.OpenAsync(_url, position.Source, _time, cancellationToken);
        await changes.DeleteAsync([.. published, .. _undeleted]);
        _undeleted = [];
        await CheckTriggersAsync(changes);
        long checkedAt = _time.GetTimestamp();
        if (_reasons.MayLog("leading")) LogLeading(_logger, Server);
        long renewedAt = _time.GetTimestamp();
        while (_isSubscribed())
        {
            if (_time.GetElapsedTime(checkedAt) >= TriggersInterval)
            {
                await CheckTriggersAsync(changes);
                checkedAt = _time.GetTimestamp();
            }

            IReadOnlyList<RunChange> page = await changes.ReadAsync();
            Volatile.Write(ref _lagMs, page.Count == 0 ? 0 : page[0].AgeMs);
            if (page.Count == 0)
            {
                _consecutiveFailures = 0;
                if (_time.GetElapsedTime(renewedAt) >= PollInterval)
                {
                    RedisReply<bool> lease = await _publisher.RenewAsync(cancellationToken);
                    if (!lease.IsDone) return lease.Reason;
                    if (!lease.Value) return null;
                    renewedAt = _time.GetTimestamp();
                }

                await changes.WaitAsync(PollInterval, cancellationToken);
                continue;
            }

            (IReadOnlyList<byte[]> payloads, LeaseCheckpoint next) = Write(page, position);
            RedisReply<bool> reply = await _publisher.PublishAsync(position, next, payloads, cancellationToken);
            if (!reply.IsDone) return reply.Reason;
            if (!reply.Value) return null;
            (position, renewedAt, _consecutiveFailures) = (next, _time.GetTimestamp(), 0);
            _undeleted = [.. page.Select(change => change.Id)];
            StartLeading();
            Volatile.Write(ref _published, _published + payloads.Count);
            if (_publisher.StreamFault is { } fault && _reasons.MayLog(fault)) LogNotKept(_logger, fault);
            await changes.DeleteAsync(_undeleted);
            _undeleted = [];
        }

        return null;
    }

    /// <summary>
    /// Returns the events of a page, and the position after them. A change without an event uses up its number, so that clients are notified of a gap.
    /// </summary>
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
                _warnings.NoteMissedChange("the database discarded it, or could not record it");
                LogLost(_logger, change.Lost);
                continue;
            }

            RunEvent made = _events.Create(change, position.Source, ++seq);
            if (made.Payload is null)
            {
                _warnings.NoteMissedChange(made.Reason!);
                CountAndLog(ref _skipped, made.Reason!, LogSkipped);
            }
            else
            {
                payloads.Add(made.Payload);
            }

            if (made is { Payload: not null, Reason: { } refusal }) CountAndLog(ref _trimmed, refusal, LogTrimmed);
        }

        return (payloads, position with { Seq = seq, Cursor = RunCursor.Write(page.Select(change => change.Id)) });
    }

    /// <summary>Checks whether all changes are recorded. The findings are warnings, since the other changes are published.</summary>
    private async Task CheckTriggersAsync(RunChanges changes)
    {
        IReadOnlyList<string> found = await changes.FindUnrecordedAsync();
        foreach (string warning in _warnings.Replace(found)) LogNotRecorded(_logger, warning);
        StartLeading();
    }

    private void StartLeading()
    {
        (int count, string text) = _warnings.Describe();
        TransitionTo(
            RunsBridgeState.Leading, count == 0 ? $"publishes the changes of runs in {Server}" : $"changes of runs in {Server} may be missing: {text}", count);
    }

    private void CountAndLog(ref long count, string reason, Action<ILogger, string> log)
    {
        Volatile.Write(ref count, count + 1);
        if (_reasons.MayLog(reason)) log(_logger, reason);
    }

    private bool HasSettled()
    {
        if (!_isSubscribed())
        {
            _subscribedSince = null;
            return false;
        }

        _subscribedSince ??= _time.GetTimestamp();
        return _time.GetElapsedTime(_subscribedSince.Value) >= SettleTime;
    }

    /// <summary>Records a failure. Returns a delay with full jitter, so that instances do not connect all at once after an outage of PostgreSQL.</summary>
    private TimeSpan Fail(string reason)
    {
        Volatile.Write(ref _failures, _failures + 1);
        TransitionTo(RunsBridgeState.Failing, reason);
        if (_reasons.MayLog(reason)) LogFailing(_logger, reason);
        double ceilingMs = Math.Min(MinRetry.TotalMilliseconds * Math.Pow(2, Math.Min(_consecutiveFailures++, 10)), MaxRetry.TotalMilliseconds);
        // Jitter does not need a cryptographic generator.
#pragma warning disable CA5394
        return TimeSpan.FromMilliseconds(ceilingMs * Random.Shared.NextDouble());
#pragma warning restore CA5394
    }

#pragma warning disable CA5394
    private static TimeSpan Jittered(TimeSpan average) => average * (0.5 + Random.Shared.NextDouble());
#pragma warning restore CA5394

    private void TransitionTo(RunsBridgeState state, string reason, int warnings = 0)
    {
        if (_status.State == state && _status.Reason == reason) return;
        _status = new RunsBridgeStatus(state, _status.State == state ? _status.Since : _time.GetUtcNow(), reason, warnings);
    }
}
