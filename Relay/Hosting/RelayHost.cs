using System.Net;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Contracts;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Health;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cecelia.Relay.Hosting;

/// <summary>Puts the parts together and runs them.</summary>
internal static class RelayHost
{
    /// <summary>
    /// Serves until <paramref name="cancellationToken"/> is cancelled or the process is told to end; then drains. Returns the exit code: 0 after an
    /// orderly end, 1 when the address cannot be listened on.
    /// </summary>
    /// <param name="options">Valid options.</param>
    /// <param name="notices">What the operator should know before the start, a line each.</param>
    /// <param name="cancellationToken">Ends the service.</param>
    public static async Task<int> RunAsync(RelayOptions options, IReadOnlyList<string> notices, CancellationToken cancellationToken)
    {
        using RedisChoice redis = await RedisChoice.MakeAsync(options.Redis.Url);
        await using WebApplication app = Build(options, redis.Url);
        if (options.Memory.LimitBytes > 0) StartLog.Memory(app.Logger, options.Memory.Describe());
        foreach (string notice in notices) StartLog.Notice(app.Logger, notice);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException taken)
        {
            StartLog.CannotListen(app.Logger, options.Bind, options.Port, taken.Message);
            return 1;
        }

        StartLog.Write(app.Logger, options, Addresses(app), redis);
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }

    /// <summary>The whole relay, not yet started. The caller disposes it.</summary>
    public static WebApplication Build(RelayOptions options, RedisUrl redis, Action<IServiceCollection>? replace = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.AddLogs();
        builder.AddTelemetry();
        builder.WebHost.ListenAt(options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Connections.DrainDelay + options.Connections.ShutdownGrace + TimeSpan.FromSeconds(5));
        builder.Services.AddRelay(options, redis);
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        app.StartTelemetry();
        app.Services.GetRequiredService<Instruments>().Register();
        app.UsePathBase(options);
        app.Services.GetRequiredService<FrontendEndpoint>().Map(app, FrontendFiles.Embedded());
        app.MapHealth();
        app.Services.GetRequiredService<StateEndpoints>().Map(app);
        app.Services.GetRequiredService<ContractEndpoint>().Map(app);
        app.Services.GetRequiredService<WebSocketEndpoint>().Map(app);
        app.Map("/events", app.Services.GetRequiredService<EventStreamEndpoint>().InvokeAsync);
        app.MapFallback(NotFound.AnswerAsync);
        return app;
    }

    /// <summary>What the started relay listens on.</summary>
    public static IReadOnlyCollection<string> Addresses(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];

    /// <summary>Writes out what the logger still holds, and ends. Does not return.</summary>
    private static void End(IServiceProvider services, int exitCode)
    {
        try
        {
            services.GetRequiredService<ILoggerFactory>().Dispose();
        }
        catch (Exception)
        {
            // The exit code alone must say it.
        }

        Environment.Exit(exitCode);
    }

    private static void AddRelay(this IServiceCollection services, RelayOptions options, RedisUrl redis)
    {
        services.AddSingleton(options).AddSingleton(options.Events).AddSingleton(options.Ingest).AddSingleton(options.Fanout).AddSingleton(options.Journal).AddSingleton(options.State);
        services.AddSingleton(options.Memory).AddSingleton(options.Connections).AddSingleton(options.Commands).AddSingleton(options.Redis).AddSingleton(redis);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FatalEnd(provider.GetRequiredService<ILogger<FatalEnd>>(), exitCode => End(provider, exitCode)));

        services.AddSingleton<Instruments>();

        services.AddSingleton<SegmentPool>();
        services.AddSingleton(provider => new PumpSet(options.Fanout, provider.GetRequiredService<RelayMetrics>().Lag, provider.GetRequiredService<ILogger<Pump>>()));
        services.AddSingleton<ViewTable>();
        services.AddSingleton<Feed>();

        services.AddSingleton<ReplyTable>();
        services.AddSingleton<CommandQueue>();
        services.AddSingleton<CommandIntake>();
        services.AddSingleton<CommandPublisher>();

        services.AddSingleton<IngestQueue>();
        services.AddSingleton<RefusedLog>();
        services.AddSingleton<Ingestor>();
        services.AddSingleton(provider => new Continuity(
            redis,
            options.Redis,
            options.Continuity,
            provider.GetRequiredService<Instance>().Name,
            provider.GetRequiredService<Feed>(),
            provider.GetRequiredService<IngestQueue>(),
            provider.GetRequiredService<Ingestor>(),
            provider.GetRequiredService<ConnectionTable>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredService<Continuity>().Link);

        if (options.Postgres.Url is { } postgres) services.AddRuns(options, redis, postgres);

        services.AddSingleton(new OriginPolicy(options.Connections.AllowedOrigins));
        services.AddSingleton<ConnectionTable>();
        services.AddSingleton<Drain>();
        services.AddSingleton<Sweeper>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<EventStreamEndpoint>();
        services.AddSingleton<StateEndpoints>();
        services.AddSingleton<ContractEndpoint>();
        services.AddSingleton<FrontendEndpoint>();
        services.AddSingleton<Readiness>();

        // Started in this order and stopped in the other; Kestrel, added before any of them by the builder, listens last and stops first.
        services.AddHostedService<PumpService>();
        services.AddHostedService(provider => provider.GetRequiredService<Ingestor>());
        services.AddHostedService<RedisService>();
        services.AddHostedService<CommandService>();
        if (options.Postgres.Url is not null) services.AddHostedService<RunsService>();
        services.AddHostedService(provider => provider.GetRequiredService<Sweeper>());
        services.AddHostedService<DrainService>();
    }

    private static void AddRuns(this IServiceCollection services, RelayOptions options, RedisUrl redis, PostgresUrl postgres)
    {
        services.AddSingleton(provider => new LeasedPublisher(
            redis, options.Redis, options.Redis.PostgresKeys, "runs", provider.GetRequiredService<Instance>().Name, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            Continuity continuity = provider.GetRequiredService<Continuity>();
            return new RunsBridge(
                postgres,
                provider.GetRequiredService<LeasedPublisher>(),
                options.Events,
                () => continuity.IsReady && continuity.Link.Hears(options.Redis.EventsChannel),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<RunsBridge>>());
        });
    }

    private static void ListenAt(this IWebHostBuilder web, RelayOptions options) => web
        .UseKestrelHttpsConfiguration()
        .ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = options.Connections.HandshakeTimeout;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            // With TLS, frames pass through Kestrel, which would cut one that takes nothing five seconds after its buffers are full, and by HTTP/2 all that
            // share its connection. The send timeout is ours.
            if (options.Tls.Enabled) kestrel.Limits.MinResponseDataRate = null;
            kestrel.ConfigureHttpsDefaults(https => https.HandshakeTimeout = options.Connections.HandshakeTimeout);
            void Protocols(ListenOptions listen)
            {
                listen.Protocols = options.Tls.Enabled ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (options.Tls.Enabled) listen.UseHttps(options.Tls.Load());
            }

            switch (options.Bind)
            {
                case "*":
                    kestrel.ListenAnyIP(options.Port, Protocols);
                    break;
                case "localhost" when options.Port > 0:
                    kestrel.ListenLocalhost(options.Port, Protocols);
                    break;
                case "localhost":
                    kestrel.Listen(IPAddress.Loopback, options.Port, Protocols);
                    break;
                default:
                    kestrel.Listen(IPAddress.Parse(options.Bind), options.Port, Protocols);
                    break;
            }
        })
        .UseSockets(sockets =>
        {
            // One byte: a flush ends when the socket has taken everything, not when Kestrel's buffer has. So the response to an upgrade is out
            // before the pump sends frames on the same socket.
            // (Under TLS no frame goes round Kestrel, and its shutdown of the session does not wait for a write that is held up like this.)
            if (!options.Tls.Enabled) sockets.MaxWriteBufferSize = 1;
            sockets.Backlog = 4096;
        });
}
