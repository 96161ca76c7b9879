using System.Net.Security;
using System.Net.Sockets;
using System.Net;
using System.Runtime.InteropServices;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Http;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

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
        app.MapClientPackage(FrontendFiles.Read(FrontendFiles.Client), app.Services.GetRequiredService<OriginPolicy>());
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
        catch (Exception failure) when (failure is IOException or SocketException or UnauthorizedAccessException)
        {
            StartLog.CannotListen(app.Logger, options, DescribeListenFailure(failure, options.Bind));
            return false;
        }
    }

    private static string DescribeListenFailure(Exception failure, string bind)
    {
        bool isPath = UnixSocket.TryGetPath(bind, out string? path);
        if (isPath && failure is UnauthorizedAccessException)
        {
            return "permission denied; the relay's user must be able to write to the directory, and to the socket of another process that is there";
        }

        return (failure as SocketException ?? failure.GetBaseException() as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => isPath ? "another process listens there, possibly another relay"
                : "another process uses this port, possibly another relay",
            not null when isPath && !Directory.Exists(Path.GetDirectoryName(path)) => "its directory does not exist",
            SocketError.AddressNotAvailable => "this machine does not have this address",
            SocketError.AccessDenied when isPath => "permission denied; the relay's user must be able to write to the directory",
            SocketError.AccessDenied => "permission denied; ports below 1024 need a privileged user or CAP_NET_BIND_SERVICE",
            _ => failure.Message.TrimEnd('.'),
        };
    }

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
                if (listen.EndPoint is UnixDomainSocketEndPoint)
                {
                    listen.Use(next => connection =>
                    {
                        // It is a proxy on this machine, and has no address of its own.
                        connection.RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 0);
                        return next(connection);
                    });
                }

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
            sockets.CreateBoundListenSocket = endpoint => endpoint is UnixDomainSocketEndPoint path
                ? UnixSocket.Bind(path, options.SocketMode)
                : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        });

    private static void ListenOn(this KestrelServerOptions kestrel, string bind, int port, Action<ListenOptions> configure)
    {
        if (UnixSocket.TryGetPath(bind, out string? path))
        {
            kestrel.ListenUnixSocket(path, configure);
            return;
        }

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
