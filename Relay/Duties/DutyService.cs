namespace Cecelia.Relay.Duties;

/// <summary>Starts the duties in their order, and stops them one by one in the opposite order.</summary>
internal sealed class DutyService(DutySet duties) : IHostedService, IDisposable
{
    private readonly List<(CancellationTokenSource Stop, Task Running)> _started = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (Duty duty in duties.All)
        {
            var stop = new CancellationTokenSource();
            _started.Add((stop, duty.RunAsync(stop.Token)));
        }

        return Task.CompletedTask;
    }

    /// <param name="cancellationToken">The end of the host's patience: a duty that still runs then is left to end with the process.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        for (int i = _started.Count - 1; i >= 0; i--)
        {
            // A callback that fails, and a duty that does not end in time, must not keep the others running.
            await _started[i].Stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _started[i].Running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        foreach ((CancellationTokenSource stop, _) in _started) stop.Dispose();
    }
}
