using System.Net.Security;
using System.Net.Sockets;
using System.Net;
using System.Runtime.InteropServices;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Health;
using Cecelia.Relay.Http;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Cecelia.Relay.Hosting;

/// <summary>Puts the parts together and runs them.</summary>
internal static partial class RelayHost
{
    /// <summary>
    /// Serves until <paramref name="cancellationToken"/> is cancelled or the process is told to end; then drains. Returns the exit code: 0 after an
    /// orderly end, 1 when the address cannot be listened on, 70 after an internal failure, whose cause has been logged.
    /// </summary>
    /// <param name="options">Valid options.</param>
    /// <param name="notices">What the operator should know before the start, a line each.</param>
    /// <param name="cancellationToken">Ends the service.</param>
    public static async Task<int> RunAsync(RelayOptions options, IReadOnlyList<string> notices, CancellationToken cancellationToken)
    {
        using var reload = new ReloadSignal();
        Preload.Run();
        using RedisChoice redis = await RedisChoice.MakeAsync(options.Redis.Url);
        await using WebApplication app = Build(options, redis.Url);
        FatalExit fatal = app.Services.GetRequiredService<FatalExit>();
        void EndUnhandled(object sender, UnhandledExceptionEventArgs unhandled) =>
            fatal.Exit("An exception was not handled", unhandled.ExceptionObject as Exception ?? new InvalidOperationException(unhandled.ExceptionObject.ToString()));
        AppDomain.CurrentDomain.UnhandledException += EndUnhandled;
        try
        {
            if (options.Memory.LimitBytes > 0) StartLog.Memory(app.Logger, options.Memory.Describe());
            foreach (string notice in notices) StartLog.Notice(app.Logger, notice);
            reload.Listen(app.Services.GetService<ServerCertificate>(), app.Logger);
            await PoolThreads.StartAsync(PoolThreads.Count);
            if (!await TryListenAsync(app, options, cancellationToken)) return 1;
            StartLog.Write(app.Logger, options, Addresses(app), redis);
            await app.WaitForShutdownAsync(cancellationToken);
            // The host takes the failure of a background service for an orderly end. All of ours run as duties; one of a library may not.
            if (app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true })?.ExecuteTask?.Exception is not { } fault)
                return 0;
            fatal.Exit("A background service has failed", fault.InnerException ?? fault);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to end before it had started.
            return 0;
        }
        catch (Exception fault)
        {
            fatal.Exit("The relay could not start, or could not end in an orderly way", fault);
        }
        finally
        {
            AppDomain.CurrentDomain.UnhandledException -= EndUnhandled;
        }

        return FatalExit.ExitCode;
    }

    /// <summary>The whole relay, not yet started. The caller disposes it.</summary>
    public static WebApplication Build(RelayOptions options, RedisUrl redis, Action<IServiceCollection>? replace = null)
    {
        redis = redis with { ChannelPrefix = options.Redis.ChannelPrefix };
        // Settings are read at the start alone. By default the host watches all folders below the current one for a new appsettings.json: in a large tree that takes
        // longer than the rest of the start, and it uses up the user's inotify watches.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddLogs();
        builder.AddTelemetry();
        builder.WebHost.ListenAt(options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Connections.DrainDelay + options.Connections.ShutdownGrace + TimeSpan.FromSeconds(5));
        builder.Services.AddRelay(options, redis);
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        app.StartTelemetry();
        app.Services.RegisterInstruments();
        app.UseRequestCount();
        app.UseForwardedAddress(options.Connections);
        app.UsePathBase(options);
        app.UseResponseHeaders();
        app.UseHostCheck();
        app.UsePathBaseRedirect(options);
        app.MapFrontend(FrontendFiles.Embedded());
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

    /// <summary>False, and logged, when the address cannot be listened on.</summary>
    private static async Task<bool> TryListenAsync(WebApplication app, RelayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return true;
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            StartLog.CannotListen(app.Logger, options.Bind, options.Port, taken.Message);
            return false;
        }
    }

    /// <summary>Writes out what the logger still holds, and ends. Does not return.</summary>
    private static void End(IServiceProvider services, int exitCode)
    {
        try
        {
            // The factory does not dispose providers of the container. The console's writes what it has queued when it is disposed.
            foreach (ILoggerProvider provider in services.GetServices<ILoggerProvider>()) provider.Dispose();
        }
        catch (Exception)
        {
            // The exit code alone must say it.
        }

        // Not Environment.Exit: where threads are short it may wait for one for ever, and nothing is left to be done.
        if (OperatingSystem.IsWindows()) Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int exitCode);

    private static void AddRelay(this IServiceCollection services, RelayOptions options, RedisUrl redis)
    {
        services.AddSingleton(options).AddSingleton(options.Events).AddSingleton(options.Ingest).AddSingleton(options.Fanout).AddSingleton(options.Journal).AddSingleton(options.State);
        services.AddSingleton(options.Memory).AddSingleton(options.Connections).AddSingleton(options.Commands).AddSingleton(options.Redis).AddSingleton(redis);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FatalExit(provider.GetRequiredService<ILogger<FatalExit>>(), exitCode => End(provider, exitCode)));

        services.AddInstruments();

        services.AddSingleton<SegmentPool>();
        services.AddSingleton(provider => new PumpSet(options.Fanout, provider.GetRequiredService<RelayMetrics>().RecordLag, provider.GetRequiredService<ILogger<Pump>>()));
        services.AddSingleton<ViewTable>();
        services.AddSingleton<Timeline>();
        services.AddSingleton<SnapshotMaker>();
        services.AddSingleton<Feed>();
        services.AddSingleton<TimelineReader>();

        services.AddSingleton<ReplyTable>();
        services.AddSingleton<CommandQueue>();
        services.AddSingleton<CommandIntake>();
        services.AddSingleton<RedisCommandChannel>();
        services.AddSingleton<CommandPublisher>();

        services.AddSingleton<IngestQueue>();
        services.AddSingleton<RefusedLog>();
        // Resolved when the stream is read: recovery depends on the ingestor.
        services.AddSingleton(provider => new RecoveryGate(
            provider.GetRequiredService<TimeProvider>(),
            options.Redis.StreamKey.Length > 0 ? () => provider.GetRequiredService<StreamRecovery>().ReadRecentAsync() : null));
        services.AddSingleton<Ingestor>();
        services.AddSingleton(provider => new StreamRecovery(
            redis,
            options.Redis,
            options.Recovery,
            provider.GetRequiredService<Instance>().Name,
            provider.GetRequiredService<Feed>(),
            provider.GetRequiredService<IngestQueue>(),
            provider.GetRequiredService<Ingestor>(),
            provider.GetRequiredService<ConnectionTable>(),
            provider.GetRequiredService<ReadinessGate>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredService<StreamRecovery>().Link);

        if (redis.Sentinel is not null) services.AddSingleton<RedisSentinelWatch>();
        if (options.Postgres.Url is { } postgres) services.AddRuns(options, redis, postgres);

        if (options.Tls.Enabled) services.AddSingleton(provider => new ServerCertificate(options.Tls.CertificateFile, options.Tls.KeyFile, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OriginPolicy>();
        services.AddSingleton<HostPolicy>();
        services.AddSingleton<AcceptedSockets>();
        services.AddSingleton<ProxyProtocol>();
        services.AddSingleton<IConnectionListenerFactory, CountedListenerFactory>();
        services.AddSingleton<ConnectionTable>();
        services.AddSingleton<ReadinessGate>();
        services.AddSingleton<Drain>();
        services.AddSingleton<Sweeper>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<EventStreamEndpoint>();
        services.AddSingleton<StateEndpoints>();
        services.AddSingleton<ContractEndpoint>();
        services.AddSingleton<Readiness>();
        services.AddSingleton(provider => Duties(provider, options));

        // Started in this order and stopped in the other; Kestrel, added before any of them by the builder, listens last and stops first.
        services.AddHostedService<PumpService>();
        services.AddHostedService(provider => provider.GetRequiredService<Ingestor>());
        services.AddHostedService<LastCopyService>();
        services.AddHostedService<DutyService>();
        services.AddHostedService<DrainService>();
    }

    /// <summary>The duties, in the order in which they start. They stop in the opposite one.</summary>
    private static DutySet Duties(IServiceProvider provider, RelayOptions options)
    {
        StreamRecovery continuity = provider.GetRequiredService<StreamRecovery>();
        List<Duty> duties = [Make(DutyName.RedisLink, continuity.Link.RunAsync)];
        if (provider.GetService<RedisSentinelWatch>() is { } sentinel) duties.Add(Make(DutyName.RedisSentinel, sentinel.RunAsync));
        if (options.Recovery.HandoffBytes > 0)
        {
            duties.Add(Make(DutyName.HandoffCopy, continuity.KeepAsync));
            duties.Add(Make(DutyName.HandoffAnswers, continuity.AnswerAsync));
        }

        duties.Add(Make(DutyName.Commands, provider.GetRequiredService<CommandPublisher>().RunAsync));
        if (provider.GetService<RunsBridge>() is { } runs) duties.Add(Make(DutyName.Postgres, runs.RunAsync));
        duties.Add(Make(DutyName.Sweeper, provider.GetRequiredService<Sweeper>().RunAsync));
        return new DutySet(duties);

        Duty Make(DutyName name, Func<CancellationToken, Task> body) => new(name, body, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Duty>>());
    }

    private static void AddRuns(this IServiceCollection services, RelayOptions options, RedisUrl redis, PostgresUrl postgres)
    {
        services.AddSingleton(provider => new LeasedPublisher(
            redis, options.Redis, options.Redis.PostgresKeys, "runs", provider.GetRequiredService<Instance>().Name, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            StreamRecovery continuity = provider.GetRequiredService<StreamRecovery>();
            return new RunsBridge(
                postgres,
                provider.GetRequiredService<LeasedPublisher>(),
                options.Events,
                () => continuity.IsReady && continuity.Link.IsSubscribedTo(options.Redis.EventsChannel),
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
            kestrel.Limits.KeepAliveTimeout = options.Connections.KeepAliveTimeout;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            // With TLS, frames pass through Kestrel, which would cut one that takes nothing five seconds after its buffers are full, and by HTTP/2 all that
            // share its connection. Its place is taken by the send timeout of each client and response, and by the limit of the socket's output below.
            if (options.Tls.Enabled) kestrel.Limits.MinResponseDataRate = null;
            void Protocols(ListenOptions listen)
            {
                listen.Protocols = options.Tls.Enabled ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (options.Connections.ProxyProtocol) listen.Use(kestrel.ApplicationServices.GetRequiredService<ProxyProtocol>().Use);
                if (!options.Tls.Enabled) return;
                TimeProvider time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
                listen.Use(next => connection =>
                {
                    // Twice the time of a client or a response, so that those are closed first, with their reason.
                    connection.Features.Get<AcceptedSocket>()?.LimitOutput(2 * options.Fanout.SendTimeout, time);
                    return next(connection);
                });
                ServerCertificate certificate = kestrel.ApplicationServices.GetRequiredService<ServerCertificate>();
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = options.Connections.HandshakeTimeout,
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Context }),
                });
                listen.Use(next => connection =>
                {
                    connection.Features.Get<AcceptedSocket>()?.Secured();
                    return next(connection);
                });
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
