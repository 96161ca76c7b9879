using System.Net.Sockets;

namespace Cecelia.Relay.Duties;

/// <summary>
/// Runs one background duty until the relay stops. A body that fails, for whatever reason, is logged, counted and started again after a delay; it never ends
/// the process. <see cref="RunAsync"/> is called once; the rest may be read from any thread.
/// </summary>
/// <remarks>
/// <see cref="OutOfMemoryException"/> is caught like any other exception: .NET throws it for a thread that cannot start and for an allocation above the heap
/// limit, and both pass. So every step of the supervisor itself may fail too, and none of them may end the loop.
/// </remarks>
internal sealed partial class Duty
{
    /// <summary>Used where not even a timer can be had.</summary>
    private const int BlockingDelayMs = 100;

    private readonly Func<CancellationToken, Task> _body;
    private readonly TimeProvider _time;
    private readonly ILogger<Duty> _logger;
    private readonly DutyRetry _retry = new();
    private volatile DutyStatus _status;
    private long _failures;

    /// <param name="name">Which one.</param>
    /// <param name="body">Runs until the token is cancelled. Called again after a failure, so it must start from any state that a failed run leaves.</param>
    /// <param name="time">For delays and times.</param>
    /// <param name="logger">Gets each failure.</param>
    public Duty(DutyName name, Func<CancellationToken, Task> body, TimeProvider time, ILogger<Duty> logger)
    {
        Name = name;
        _body = body;
        _time = time;
        _logger = logger;
        _status = new DutyStatus(DutyState.Stopped, time.GetUtcNow(), null);
    }

    public DutyName Name { get; }

    /// <summary>How often the body has failed since the start.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>The state now. A restarted duty counts as running once it has been stable for <see cref="DutyRetry.Stable"/>.</summary>
    public DutyStatus Status => _status is { State: DutyState.Restarted } restarted && _time.GetUtcNow() - restarted.Since >= DutyRetry.Stable
        ? restarted with { State = DutyState.Running, Cause = null }
        : _status;

    /// <summary>Runs the body again and again until <paramref name="cancellationToken"/> is cancelled; then returns normally. Throws nothing.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Not on the caller's thread: one body must not hold up the start of the next duty.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!cancellationToken.IsCancellationRequested)
        {
            long started = _time.GetTimestamp();
            try
            {
                TransitionTo(_failures == 0 ? DutyState.Running : DutyState.Restarted, _status.Cause);
                await _body(cancellationToken);
                if (cancellationToken.IsCancellationRequested) break;
                throw new InvalidOperationException("The duty has ended although the relay runs.");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                Interlocked.Increment(ref _failures);
                await BackOffAsync(fault, _retry.Next(_time.GetElapsedTime(started)), cancellationToken);
            }
        }

        _status = new DutyStatus(DutyState.Stopped, _time.GetUtcNow(), null);
    }

    /// <summary>Reports the failure and waits. Throws nothing.</summary>
    private async Task BackOffAsync(Exception fault, TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            TransitionTo(DutyState.Failed, Describe(fault));
            LogFailed(_logger, fault, Name.ToWireName(), Failures, delay.TotalSeconds);
            await Task.Delay(delay, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The relay stops.
        }
        catch (Exception)
        {
            // No memory for a log line or a timer. Blocking needs neither, and keeps the loop from spinning.
            Thread.Sleep(BlockingDelayMs);
        }
    }

    /// <summary>Other messages than these may hold addresses, names or values that are not for everyone who can read <c>/readyz</c>.</summary>
    private static string Describe(Exception fault) =>
        fault is OutOfMemoryException or SocketException or InvalidOperationException ? $"{fault.GetType().Name}: {fault.Message}" : $"{fault.GetType().Name} (the log has more)";

    private void TransitionTo(DutyState state, string? cause) => _status = new DutyStatus(state, _time.GetUtcNow(), cause);
}
