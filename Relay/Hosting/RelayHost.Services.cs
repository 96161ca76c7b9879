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
using Cecelia.Relay.Sockets;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>The part that registers the services and the duties.</summary>
internal static partial class RelayHost
{
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
        services.AddSingleton(provider => new EventTracing(
            options.Fanout, provider.GetRequiredService<RelayMetrics>().RecordLag, provider.GetRequiredService<TimeProvider>()));
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
        if (options.Connections.Sockets == SocketTransport.Epoll && !options.Tls.Enabled)
        {
            services.AddSingleton(provider => new EpollLoop(provider.GetRequiredService<ConnectionTelemetry>().Faulted));
        }

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
        services.AddSingleton<MinutesReader>();
        services.AddSingleton<MinutesEndpoint>();
        services.AddSingleton<StateEndpoints>();
        services.AddSingleton<ContractEndpoint>();
        services.AddSingleton<EventChecks>();
        services.AddSingleton<SecurityChecks>();
        services.AddSingleton<TraceReader>();
        services.AddSingleton<AdminDesk>();
        services.AddSingleton(provider => new RedisAdminChannel(
            redis,
            options.Redis,
            provider.GetRequiredService<Instance>().Name,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisAdminChannel>>()));
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
}
