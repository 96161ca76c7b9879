using System.Net.Security;
using System.Net.Sockets;
using System.Net;
using System.Runtime.InteropServices;
using Cecelia.Relay.Access;
using Cecelia.Relay.Admin;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Health;
using Cecelia.Relay.Http;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recording;
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

/// <summary>Composes the relay and runs it.</summary>
internal static partial class RelayHost
{
    /// <summary>
    /// Serves until <paramref name="cancellationToken"/> is cancelled or the host is stopped, then drains. Returns the exit code: 0 after an orderly shutdown,
    /// 1 if it cannot listen on the address, 70 after an internal failure, which has been logged.
    /// </summary>
    /// <param name="options">Valid options.</param>
    /// <param name="notices">Messages for the operator, which are logged at startup.</param>
    /// <param name="cancellationToken">Starts the shutdown.</param>
    public static async Task<int> RunAsync(RelayOptions options, IReadOnlyList<string> notices, CancellationToken cancellationToken)
    {
        using var reload = new ReloadSignal();
        Preload.Run();
        using RedisChoice redis = await RedisChoice.SelectAsync(options.Redis.Url);
        await using WebApplication app = Build(options, redis.Url);
        FatalExit fatal = app.Services.GetRequiredService<FatalExit>();
        void ExitUnhandled(object sender, UnhandledExceptionEventArgs unhandled) =>
            fatal.Exit(
                "An exception was not handled", unhandled.ExceptionObject as Exception ?? new InvalidOperationException(unhandled.ExceptionObject.ToString()));
        AppDomain.CurrentDomain.UnhandledException += ExitUnhandled;
        try
        {
            if (options.Memory.LimitBytes > 0) StartLog.Memory(app.Logger, options.Memory.Describe());
            foreach (string notice in notices) StartLog.Notice(app.Logger, notice);
            reload.Listen(app.Services.GetRequiredService<CertificateWatch>());
            await PoolThreads.StartAsync(PoolThreads.Count);
            if (!await TryListenAsync(app, options, cancellationToken)) return 1;
            StartLog.Write(app.Logger, options, Addresses(app), redis);
            await app.WaitForShutdownAsync(cancellationToken);
            // The host treats the failure of a background service as an orderly end. All of the relay's run as duties, but a library's may not.
            if (
                app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(
                    service => service.ExecuteTask is { IsFaulted: true })?.ExecuteTask?.Exception is not { } fault)
                return 0;
            fatal.Exit("A background service has failed", fault.InnerException ?? fault);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before the start was complete.
            return 0;
        }
        catch (Exception fault)
        {
            fatal.Exit("The relay failed during startup or shutdown", fault);
        }
        finally
        {
            AppDomain.CurrentDomain.UnhandledException -= ExitUnhandled;
        }

        return FatalExit.ExitCode;
    }

    /// <summary>Builds the relay without starting it. The caller disposes it.</summary>
    public static WebApplication Build(RelayOptions options, RedisUrl redis, Action<IServiceCollection>? replace = null)
    {
        redis = redis with { ChannelPrefix = options.Redis.ChannelPrefix };
        // Settings are read only at startup. By default the host watches all folders below the current one for changes of appsettings.json: in a large tree
        // this takes longer than the rest of the startup, and it uses up the user's inotify watches.
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddLogs();
        builder.AddTelemetry();
        builder.WebHost.ListenAt(options);
        builder.Services.Configure<HostOptions>(
            host => host.ShutdownTimeout = options.Connections.DrainDelay + options.Connections.ShutdownGrace + TimeSpan.FromSeconds(5));
        builder.Services.AddRelay(options, redis);
        replace?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        app.StartTelemetry();
        app.Services.RegisterInstruments();
        app.UseRequestCount();
        app.UseForwardedAddress(options.Connections);
        app.UsePathBaseStripping(options.PathBase);
        app.UseResponseHeaders();
        app.UseHostCheck();
        AdminListener.UseAdminPort(app, options.AdminPort);
        app.UseRequestLimit();
        app.UsePathBaseRedirect(options.PathBase);
        AccessCheck.Use(app);
        app.MapFrontend(FrontendFiles.Embedded());
        app.MapHealth();
        app.Services.GetRequiredService<StateEndpoints>().Map(app);
        app.Services.GetRequiredService<AdminEndpoints>().Map(app);
        app.Services.GetRequiredService<ContractEndpoint>().Map(app);
        app.Services.GetRequiredService<WebSocketEndpoint>().Map(app);
        EventStreamEndpoint stream = app.Services.GetRequiredService<EventStreamEndpoint>();
        app.Map("/events", stream.InvokeAsync).WithMetadata(stream, AccessRule.EventStream);
        TicketEndpoints.Map(app);
        app.MapFallback(NotFound.AnswerAsync).WithMetadata(AccessRule.Public);
        return app;
    }

    /// <summary>Returns the addresses that the started relay listens on.</summary>
    public static IReadOnlyCollection<string> Addresses(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];

    /// <summary>Starts the host. Returns false, and logs the reason, if it cannot listen on the address.</summary>
    private static async Task<bool> TryListenAsync(WebApplication app, RelayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            StartLog.CannotListen(app.Logger, options, DescribeListenFailure(failure));
            return false;
        }
    }

    private static string DescribeListenFailure(Exception failure) =>
        (failure as SocketException ?? failure.GetBaseException() as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "another process uses this port, possibly another relay",
            SocketError.AddressNotAvailable => "this machine does not have this address",
            SocketError.AccessDenied => "permission denied; ports below 1024 need a privileged user or CAP_NET_BIND_SERVICE",
            _ => failure.Message.TrimEnd('.'),
        };

    /// <summary>Flushes the log and ends the process. Does not return.</summary>
    private static void Exit(IServiceProvider services, int exitCode)
    {
        try
        {
            // The factory does not dispose the container's providers. The console's provider writes its queue when it is disposed.
            foreach (ILoggerProvider provider in services.GetServices<ILoggerProvider>()) provider.Dispose();
        }
        catch (Exception)
        {
            // The exit code is the only report.
        }

        // Not Environment.Exit: without free threads it may wait for one forever, and there is nothing left to do.
        if (OperatingSystem.IsWindows()) Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int exitCode);

    private static void AddRelay(this IServiceCollection services, RelayOptions options, RedisUrl redis)
    {
        services
            .AddSingleton(options)
            .AddSingleton(options.Events)
            .AddSingleton(options.Ingest)
            .AddSingleton(options.Fanout)
            .AddSingleton(options.Journal)
            .AddSingleton(options.State);
        services.AddSingleton(provider => new FlightRecorder(options.Recorder, PumpSet.CountOf(options.Fanout), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(options.Memory).AddSingleton(options.Connections).AddSingleton(options.Commands).AddSingleton(options.Redis).AddSingleton(redis);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FatalExit(provider.GetRequiredService<ILogger<FatalExit>>(), exitCode => Exit(provider, exitCode)));

        services.AddInstruments();

        services.AddSingleton<SegmentPool>();
        services.AddSingleton(
            provider => new PumpSet(
                options.Fanout,
                provider.GetRequiredService<RelayMetrics>().RecordLag,
                provider.GetRequiredService<ILogger<Pump>>(),
                provider.GetRequiredService<FlightRecorder>()));
        services.AddSingleton<ViewTable>();
        services.AddSingleton<Timeline>();
        services.AddSingleton<SnapshotMaker>();
        services.AddSingleton<Feed>();
        // Recovery is resolved when a client must wait, since it depends on the timeline.
        services.AddSingleton(provider => new TimelineReader(
            options.Fanout,
            options.Events,
            provider.GetRequiredService<Timeline>(),
            provider.GetRequiredService<SegmentPool>(),
            provider.GetRequiredService<SnapshotMaker>(),
            limit => provider.GetRequiredService<StreamRecovery>().CatchUpAsync(limit),
            provider.GetRequiredService<TimeProvider>()));

        services.AddSingleton<CommandQueue>();
        services.AddSingleton<CommandCounts>();
        services.AddSingleton<CommandAudit>();
        services.AddSingleton<CommandResults>();
        services.AddSingleton<ReplyTable>();
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
        services.AddSingleton<IngestThread>();
        services.AddSingleton(options.Recovery);
        services.AddSingleton(provider => new RedisContext(
            redis, options.Redis, provider.GetRequiredService<Instance>().Name, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<StreamRecovery>();
        services.AddSingleton(provider => provider.GetRequiredService<StreamRecovery>().Link);

        if (redis.Sentinel is not null) services.AddSingleton<RedisSentinelWatch>();
        if (options.Postgres.Url is { } postgres) services.AddRuns(options, redis, postgres);

        if (options.Tls.Enabled)
        {
            services.AddSingleton(
                provider => new ServerCertificate(options.Tls.CertificateFile, options.Tls.KeyFile, provider.GetRequiredService<TimeProvider>()));
        }

        services.AddSingleton(provider => new CertificateWatch(
            provider.GetService<ServerCertificate>(),
            redis.Certificates,
            options.Connections,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CertificateWatch>>()));
        if (options.Tokens.Enabled) services.AddAccess(options);
        services.AddSingleton<OriginPolicy>();
        services.AddSingleton<HostPolicy>();
        services.AddSingleton<RequestRate>();
        services.AddSingleton<AcceptedSockets>();
        services.AddSingleton<ProxyProtocol>();
        services.AddSingleton<IConnectionListenerFactory, CountedListenerFactory>();
        services.AddSingleton<ConnectionTable>();
        services.AddSingleton<ConnectionOrigins>();
        services.AddSingleton<ReadinessGate>();
        services.AddSingleton<Drain>();
        services.AddSingleton<Sweeper>();
        services.AddSingleton<ConnectionTelemetry>();
        services.AddSingleton<ConnectionAdmission>();
        services.AddSingleton<RelayGreetingFactory>();
        services.AddSingleton<ConnectionLifecycle>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<EventStreamEndpoint>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<StateEndpoints>();
        services.AddSingleton<ContractEndpoint>();
        services.AddSingleton<EventChecks>();
        services.AddSingleton<SecurityChecks>();
        services.AddSingleton<TraceReader>();
        services.AddSingleton<AdminDesk>();
        services.AddSingleton(provider => new RedisAdminChannel(
            redis, options.Redis, provider.GetRequiredService<Instance>().Name, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AdminBus>();
        services.AddSingleton<AdminEndpoints>();
        services.AddSingleton<Readiness>();
        services.AddSingleton(provider => Duties(provider, options));

        // Started in this order and stopped in reverse. Kestrel, which the builder has added before them, listens last and stops first.
        services.AddHostedService<PumpService>();
        services.AddHostedService<IngestService>();
        services.AddHostedService<LastCopyService>();
        services.AddHostedService<DutyService>();
        services.AddHostedService<DrainService>();
    }

    /// <summary>Creates the duties in the order in which they start. They stop in reverse order.</summary>
    private static DutySet Duties(IServiceProvider provider, RelayOptions options)
    {
        StreamRecovery recovery = provider.GetRequiredService<StreamRecovery>();
        List<Duty> duties = [Make(DutyName.RedisLink, recovery.Link.RunAsync)];
        if (provider.GetService<RedisSentinelWatch>() is { } sentinel) duties.Add(Make(DutyName.RedisSentinel, sentinel.RunAsync));
        if (options.Recovery.HandoffBytes > 0)
        {
            duties.Add(Make(DutyName.HandoffCopy, recovery.KeepAsync));
            duties.Add(Make(DutyName.HandoffAnswers, recovery.Sender.AnswerAsync));
        }

        duties.Add(Make(DutyName.Admin, provider.GetRequiredService<AdminBus>().RunAsync));
        duties.Add(Make(DutyName.Commands, provider.GetRequiredService<CommandPublisher>().RunAsync));
        if (provider.GetService<RunsBridge>() is { } runs) duties.Add(Make(DutyName.Postgres, runs.RunAsync));
        if (provider.GetService<KeySource>() is { } keys) duties.Add(Make(DutyName.AccessKeys, keys.RunAsync));
        if (provider.GetService<TicketWatch>() is { } tickets) duties.Add(Make(DutyName.AccessTickets, tickets.RunAsync));
        duties.Add(Make(DutyName.Sweeper, provider.GetRequiredService<Sweeper>().RunAsync));
        CertificateWatch certificates = provider.GetRequiredService<CertificateWatch>();
        if (certificates.Expiries.Count > 0) duties.Add(Make(DutyName.Certificates, certificates.RunAsync));
        return new DutySet(duties);

        Duty Make(DutyName name, Func<CancellationToken, Task> body) =>
            new(name, body, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Duty>>());
    }

    private static void AddAccess(this IServiceCollection services, RelayOptions options)
    {
        services.AddSingleton(options.Tokens).AddSingleton<KeySource>().AddSingleton<TokenValidator>().AddSingleton<AccessCounts>();
        services.AddSingleton<AccessPolicy>().AddSingleton<AccessCheck>();
        services.AddSingleton<RedisTickets>().AddSingleton<TicketStore>().AddSingleton<TicketWatch>().AddSingleton<TicketEndpoints>();
    }

    private static void AddRuns(this IServiceCollection services, RelayOptions options, RedisUrl redis, PostgresUrl postgres)
    {
        services.AddSingleton(provider => new LeasedPublisher(
            redis, options.Redis, options.Redis.PostgresKeys, "runs",
            provider.GetRequiredService<Instance>().Name, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            StreamRecovery recovery = provider.GetRequiredService<StreamRecovery>();
            return new RunsBridge(
                postgres,
                provider.GetRequiredService<LeasedPublisher>(),
                options.Events,
                () => recovery.IsReady && recovery.Link.IsSubscribedTo(options.Redis.EventsChannel),
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
            // With TLS, frames pass through Kestrel, which would abort a client that reads nothing five seconds after its buffers are full, and with HTTP/2
            // all that share its connection. The send timeout of each client and response, and the limit of the socket's output below, replace its minimum
            // rate.
            if (options.Tls.Enabled) kestrel.Limits.MinResponseDataRate = null;
            void Public(ListenOptions listen)
            {
                if (options.Connections.ProxyProtocol) listen.Use(kestrel.ApplicationServices.GetRequiredService<ProxyProtocol>().Use);
                Protocols(listen);
            }

            void Admin(ListenOptions listen)
            {
                listen.Use(next => connection =>
                {
                    connection.Features.Set(AdminListener.Mark);
                    return next(connection);
                });
                Protocols(listen);
            }

            void Protocols(ListenOptions listen)
            {
                listen.Protocols = options.Tls.Enabled ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (!options.Tls.Enabled) return;
                TimeProvider time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
                listen.Use(next => connection =>
                {
                    // Twice the timeout of a client or a response, so that those are closed first, with their reason.
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

            kestrel.ListenOn(options.Bind, options.Port, Public);
            if (options.AdminPort > 0) kestrel.ListenOn(options.AdminBind.Length > 0 ? options.AdminBind : options.Bind, options.AdminPort, Admin);
        })
        .UseSockets(sockets =>
        {
            // One byte: a flush completes when the socket has taken everything, not when Kestrel's buffer has. So the response to an upgrade is sent before
            // the pump sends frames on the same socket. (With TLS all frames pass through Kestrel, and its shutdown of the session does not wait for a write
            // that is delayed in this way.)
            if (!options.Tls.Enabled) sockets.MaxWriteBufferSize = 1;
            sockets.Backlog = 4096;
        });

    private static void ListenOn(this KestrelServerOptions kestrel, string bind, int port, Action<ListenOptions> configure)
    {
        switch (bind)
        {
            case "*":
                kestrel.ListenAnyIP(port, configure);
                break;
            case "localhost" when port > 0:
                kestrel.ListenLocalhost(port, configure);
                break;
            case "localhost":
                kestrel.Listen(IPAddress.Loopback, port, configure);
                break;
            default:
                kestrel.Listen(IPAddress.Parse(bind), port, configure);
                break;
        }
    }
}
