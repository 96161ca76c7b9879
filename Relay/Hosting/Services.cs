using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>Runs the pumps for as long as the process serves.</summary>
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

/// <summary>Keeps the handoff copy for the last time: after the duties have stopped, before the ingest thread does.</summary>
internal sealed class LastCopyService(StreamRecovery continuity) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => continuity.LeaveAsync();
}

/// <summary>Drains the connections before anything else is stopped, so that the last events and the close frames still leave.</summary>
internal sealed class DrainService(Drain drain, StreamRecovery continuity) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => drain.RunAsync(continuity.CatchUpAsync);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
