using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Postgres;
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

/// <summary>Runs the link to Redis, and what keeps the stream whole across it.</summary>
internal sealed class RedisService(Continuity continuity) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => continuity.RunAsync(stoppingToken);
}

/// <summary>Publishes clients' commands for as long as the process serves.</summary>
internal sealed class CommandService(CommandPublisher publisher) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => publisher.RunAsync(stoppingToken);
}

/// <summary>Publishes the changes of Brain's table <c>runs</c>, when it is this instance's turn.</summary>
internal sealed class RunsService(RunsBridge runs) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => runs.RunAsync(stoppingToken);
}

/// <summary>Drains the connections before anything else is stopped, so that the last events and the close frames still leave.</summary>
internal sealed class DrainService(Drain drain) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => drain.RunAsync();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
