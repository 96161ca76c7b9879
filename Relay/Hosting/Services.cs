using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;

namespace Cecelia.Relay.Hosting;

// Convention: a component does not implement IHostedService. It has Start and Stop, or a method that runs until it is cancelled (a duty), and an adapter here,
// named XService, connects it to the host. RelayHost registers the adapters in the order in which they start.

/// <summary>Starts and stops the pumps with the host.</summary>
internal sealed class PumpService(PumpSet pumps) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        pumps.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        pumps.Stop();
        return Task.CompletedTask;
    }
}

/// <summary>Runs the ingest thread.</summary>
internal sealed class IngestService(IngestThread thread) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        thread.Stop();
        return Task.CompletedTask;
    }
}

/// <summary>Stores the final handoff copy at shutdown, after the duties and before the ingest thread are stopped.</summary>
internal sealed class LastCopyService(StreamRecovery recovery) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => recovery.LeaveAsync();
}

/// <summary>Drains the connections before anything else is stopped, so that the last events and the close frames are sent.</summary>
internal sealed class DrainService(Drain drain, StreamRecovery recovery) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => drain.RunAsync(recovery.CatchUpAsync);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
