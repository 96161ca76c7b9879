namespace Cecelia.Relay.Connections;

/// <summary>
/// Holds requests from the time when the relay listens until its stream has been recovered. In between, a client with a position would be reset, and any
/// other client would receive an empty state first. Thread-safe.
/// </summary>
internal sealed class ReadinessGate(TimeProvider time)
{
    /// <summary>Maximum number of requests that are held at a time; further requests pass at once.</summary>
    public const int MaxWaiting = 2_000;

    /// <summary>Maximum time that a request is held.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TaskCompletionSource? _closed;
    private bool _isPermanentlyOpen;
    private int _waiting;

    /// <summary>True while requests are held.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) is not null;

    /// <summary>Number of requests that are held.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Holds requests from now on, unless the gate has been opened permanently.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (!_isPermanentlyOpen) _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Releases the held requests and lets requests pass until the gate is closed again.</summary>
    public void Open()
    {
        TaskCompletionSource? closed;
        lock (_gate)
        {
            closed = _closed;
            Volatile.Write(ref _closed, null);
        }

        closed?.TrySetResult();
    }

    /// <summary>Opens the gate permanently, because recovery is complete or the relay stops.</summary>
    public void OpenForGood()
    {
        lock (_gate) _isPermanentlyOpen = true;
        Open();
    }

    /// <summary>Waits while the gate is closed, but no longer than <see cref="MaxWait"/>.</summary>
    /// <exception cref="OperationCanceledException">The request was aborted.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _closed) is not { } closed) return;
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return;
        }

        try
        {
            await closed.Task.WaitAsync(MaxWait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The client receives the current state, and is resynchronized after the recovery.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
