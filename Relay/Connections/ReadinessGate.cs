namespace Cecelia.Relay.Connections;

/// <summary>
/// Holds requests between the moment when the relay listens and the moment when it is known what its stream continues from. A client that comes with a
/// position in between would be reset, and any other would see an empty page first. Thread-safe.
/// </summary>
internal sealed class ReadinessGate(TimeProvider time)
{
    /// <summary>Maximum number of requests that are held at a time; more pass at once.</summary>
    public const int MaxWaiting = 2_000;

    /// <summary>How long a request is held at most.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TaskCompletionSource? _closed;
    private bool _isOver;
    private int _waiting;

    /// <summary>True while requests are held.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) is not null;

    /// <summary>Number of requests that are held.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Holds requests from now on, unless the gate is open for good.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (!_isOver) _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets the held requests pass, and those that come until it is closed again.</summary>
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

    /// <summary>Opens it for good: all is known, or the relay stops.</summary>
    public void OpenForGood()
    {
        lock (_gate) _isOver = true;
        Open();
    }

    /// <summary>Waits while the gate is closed, for <see cref="MaxWait"/> at most.</summary>
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
            // The client is served with what is known, and greeted again when there is more.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
