using Cecelia.Relay.Duties;

namespace Cecelia.Relay.Hosting;

/// <summary>Starts the duties in order, and stops them one by one in reverse order.</summary>
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

    /// <summary>Stops the duties.</summary>
    /// <param name="cancellationToken">Cancelled at the host's shutdown timeout. A duty that is still running then ends with the process.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        for (int i = _started.Count - 1; i >= 0; i--)
        {
            // A failing callback, or a duty that does not end in time, must not prevent the others from being stopped.
            await _started[i].Stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _started[i].Running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        foreach ((CancellationTokenSource stop, _) in _started) stop.Dispose();
    }
}
