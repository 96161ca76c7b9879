using System.Net;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Images;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.Redis;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// A Redis container. The host port is fixed, because the engine would choose another one at each restart. The image is never pulled: without a registry,
/// a pull fails only after minutes.
/// </summary>
internal sealed class RedisContainerServer : RedisServer
{
    public const string Image = "redis:7";

    private const string Folder = "/data";
    private const int InnerPort = RedisBuilder.RedisPort;

    private readonly RedisContainer _container;
    private Task<long>? _exit;
    private bool _isRunning;
    private bool _isFrozen;

    public RedisContainerServer(RedisServerOptions options, int port)
        : base(options, port)
    {
        RedisBuilder builder = new RedisBuilder(Image)
            .WithImagePullPolicy(PullPolicy.Never)
            .WithLogger(NullLogger.Instance)
            .WithPortBinding(port, InnerPort)
            // The image's default command has other arguments.
            .WithCommand(["redis-server", .. Arguments("0.0.0.0", InnerPort, Folder)])
            // The base class waits for the reply to a PING, over TLS and with the password if these are set.
            .WithWaitStrategy(Wait.ForUnixContainer())
            .WithCreateParameterModifier(parameters =>
            {
                parameters.StopSignal = "SIGKILL";
                foreach (IList<Docker.DotNet.Models.PortBinding> bindings in parameters.HostConfig!.PortBindings!.Values)
                {
                    foreach (Docker.DotNet.Models.PortBinding binding in bindings) binding.HostIP = IPAddress.Loopback.ToString();
                }
            });
        if (Certificate is { } certificate)
        {
            builder = builder
                .WithResourceMapping(certificate.Certificate, $"{Folder}/{RedisCertificate.CertificateFile}")
                .WithResourceMapping(certificate.Key, $"{Folder}/{RedisCertificate.KeyFile}");
        }

        _container = builder.Build();
    }

    private protected override string Output => $"the container is {_container.State}";

    public override async Task StopAsync()
    {
        if (!_isRunning) return;
        _isRunning = false;
        // The engine delivers no signal to a paused container.
        if (_isFrozen) Continue();
        await _container.StopAsync().Within();
    }

    public override void Freeze()
    {
        Complete(_container.PauseAsync);
        _isFrozen = true;
    }

    public override void Continue()
    {
        _isFrozen = false;
        Complete(_container.UnpauseAsync);
    }

    private protected override async Task LaunchAsync()
    {
        try
        {
            await _container.StartAsync().Within();
        }
        catch (TimeoutException)
        {
            // Testcontainers waits until the container runs, even if it has exited already.
            _exit = null;
            await AssertRunsAsync();
        }

        _isRunning = true;
        // Completes when the container exits: the state that Testcontainers shows is the one at the start.
        _exit = _container.GetExitCodeAsync();
    }

    private protected override async Task AssertRunsAsync()
    {
        if (_exit is { IsCompleted: false }) return;
        (string standardOutput, string standardError) = await _container.GetLogsAsync().Within();
        throw new InvalidOperationException($"the Redis container for port {Port} has ended: {standardOutput}{standardError}");
    }

    private protected override async ValueTask ReleaseAsync() => await _container.DisposeAsync().AsTask().Within();

    /// <summary>Blocks, so that a test can freeze either kind of server between two statements.</summary>
    private static void Complete(Func<CancellationToken, Task> change) => Task.Run(() => change(CancellationToken.None).Within()).GetAwaiter().GetResult();
}
