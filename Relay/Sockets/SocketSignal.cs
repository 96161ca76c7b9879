namespace Cecelia.Relay.Sockets;

/// <summary>
/// An event that a task waits for: the counterpart of <see cref="AutoResetEvent"/>. One task waits; any thread sets it. A wait after <see cref="Set"/> ends at
/// once.
/// </summary>
internal sealed class SocketSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _isSet;

    public void Set()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            (waiting, _waiting) = (_waiting, null);
            _isSet = waiting is null;
        }

        waiting?.SetResult();
    }

    /// <summary>Returns a task that ends with the next call of <see cref="Set"/>, or with one that no wait has used.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return Task.CompletedTask;
            }

            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }
}
