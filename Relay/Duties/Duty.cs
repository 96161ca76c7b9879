using System.Net.Sockets;

namespace Cecelia.Relay.Duties;

/// <summary>
/// Runs one background duty until the relay stops. If the body fails, for any reason, the failure is logged and counted, and the body is restarted after a
/// delay; it never ends the process. <see cref="RunAsync"/> is called once; the properties may be read from any thread.
/// </summary>
/// <remarks>
/// <see cref="OutOfMemoryException"/> is caught like any other exception: .NET throws it if a thread cannot be started and if an allocation exceeds the heap
/// limit, and both are temporary. Every step of the supervisor itself may therefore fail too, and none of them may end the loop.
/// </remarks>
internal sealed partial class Duty
{
    /// <summary>Delay if not even a timer can be created.</summary>
    private const int BlockingDelayMs = 100;

    private readonly Func<CancellationToken, Task> _body;
    private readonly TimeProvider _time;
    private readonly ILogger<Duty> _logger;
    private readonly DutyRetry _retry = new();
    private volatile DutyStatus _status;
    private long _failures;

    /// <param name="name">The name of the duty.</param>
    /// <param name="body">The work, which runs until the token is cancelled. Called again after a failure, so it must work from any state that a failed run
    /// leaves behind.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The logger for failures.</param>
    public Duty(DutyName name, Func<CancellationToken, Task> body, TimeProvider time, ILogger<Duty> logger)
    {
        Name = name;
        _body = body;
        _time = time;
        _logger = logger;
        _status = new DutyStatus(DutyState.Stopped, time.GetUtcNow(), null);
    }

    public DutyName Name { get; }

    /// <summary>Number of failures since startup.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>The current status. A restarted duty is reported as running after <see cref="DutyRetry.Stable"/>.</summary>
    public DutyStatus Status => _status is { State: DutyState.Restarted } restarted && _time.GetUtcNow() - restarted.Since >= DutyRetry.Stable
        ? restarted with { State = DutyState.Running, Cause = null }
        : _status;

    /// <summary>Runs the body repeatedly until <paramref name="cancellationToken"/> is cancelled, then returns normally. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Do not run on the caller's thread: one body must not delay the start of the next duty.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!cancellationToken.IsCancellationRequested)
        {
            long started = _time.GetTimestamp();
            try
            {
                TransitionTo(_failures == 0 ? DutyState.Running : DutyState.Restarted, _status.Cause);
                await _body(cancellationToken);
                if (cancellationToken.IsCancellationRequested) break;
                throw new InvalidOperationException("The duty ended unexpectedly.");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                Interlocked.Increment(ref _failures);
                if (cancellationToken.IsCancellationRequested)
                {
                    LogFailedWhileStopping(_logger, fault, Name.ToWireName());
                    break;
                }

                await BackOffAsync(fault, _retry.Next(_time.GetElapsedTime(started)), cancellationToken);
            }
        }

        _status = new DutyStatus(DutyState.Stopped, _time.GetUtcNow(), null);
    }

    /// <summary>Reports the failure and waits. Never throws.</summary>
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
            // The relay is shutting down.
        }
        catch (Exception)
        {
            // There is no memory for a log line or a timer. Sleeping needs neither, and prevents a busy loop.
            Thread.Sleep(BlockingDelayMs);
        }
    }

    /// <summary>
    /// Describes the failure for <c>/readyz</c>. Messages of other exceptions may contain addresses, names or values that its readers must not see.
    /// </summary>
    private static string Describe(Exception fault) =>
        fault is OutOfMemoryException or SocketException or InvalidOperationException
            ? $"{fault.GetType().Name}: {fault.Message}"
            : $"{fault.GetType().Name} (see the log for details)";

    private void TransitionTo(DutyState state, string? cause) => _status = new DutyStatus(state, _time.GetUtcNow(), cause);
}
