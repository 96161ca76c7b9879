using Cecelia.Relay.Redis;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A real Redis for the tests of one class: a container if there is a container engine. Prints once per run which kind it is, and why.</summary>
/// <param name="diagnostics">The sink that xunit prints, unlike the standard output.</param>
public sealed class RealRedis(IMessageSink diagnostics) : IAsyncLifetime
{
    private static int s_isPrinted;

    private RedisServer? _server;

    internal RedisUrl Url => RedisUrl.For("127.0.0.1", _server!.Port);

    public async Task InitializeAsync()
    {
        RedisServerKind kind = await RedisServerKind.ChosenAsync();
        if (Interlocked.Exchange(ref s_isPrinted, 1) == 0) diagnostics.OnMessage(new DiagnosticMessage(kind.Reason));
        _server = await RedisServer.StartAsync(new RedisServerOptions { PreferContainer = true });
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}

/// <summary>The embedded Redis (Garnet) for the tests of one class.</summary>
public sealed class GarnetRedis : IDisposable
{
    private readonly EmbeddedRedis _server = EmbeddedRedis.Start(RedisServer.FreePort());

    internal RedisUrl Url => _server.Url;

    public void Dispose() => _server.Dispose();
}

/// <summary>A relay with the default options and its Redis, for all tests of one class that change neither.</summary>
public sealed class SharedRelay(IMessageSink diagnostics) : IAsyncLifetime
{
    private readonly RealRedis _redis = new(diagnostics);

    internal RunningRelay Relay { get; private set; } = null!;

    internal RedisUrl Redis => _redis.Url;

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        Relay = await RunningRelay.StartAsync(_redis.Url);
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        await _redis.DisposeAsync();
    }
}

/// <summary>Tests that measure this process or put heavy load on it. They run after all others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialTests
{
    public const string Name = "Serial";
}
