using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>The tests' own Redis servers: the kinds that this machine can start behave alike, and the choice between them is fast and explained.</summary>
public sealed class RedisServerTests
{
    private const string NoImage = "cecelia-no-such-image:1";

    /// <summary>Whether the server is a container.</summary>
    public static TheoryData<bool> Kinds => RedisServerKind.ChosenAsync().GetAwaiter().GetResult().CanContain ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Restarted_server_is_empty_and_on_the_same_port(bool inContainer)
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "a b" }, inContainer);
        int port = redis.Port;
        Assert.Equal("OK", await redis.CommandAsync("SET", "key", "value"));
        Assert.Equal("OK", await redis.CommandAsync("CONFIG", "SET", "requirepass", "another"));
        redis.UsePassword("another");
        Assert.Equal("value", await redis.CommandAsync("GET", "key"));

        await redis.RestartAsync();

        Assert.Equal(port, redis.Port);
        Assert.Equal("", await redis.CommandAsync("GET", "key"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Frozen_server_accepts_bytes_and_responds_once_it_continues(bool inContainer)
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions(), inContainer);
        await using RedisServer other = await RedisServer.StartAsync();
        redis.Freeze();
        Task<string> answer = redis.CommandAsync("PING");
        // Another server processes many commands in between.
        for (int i = 0; i < 200; i++) Assert.Equal("PONG", await other.CommandAsync("PING"));
        Assert.False(answer.IsCompleted);

        redis.Continue();

        Assert.Equal("PONG", await answer.Within());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Frozen_server_can_be_stopped(bool inContainer)
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions(), inContainer);
        redis.Freeze();

        await redis.StopAsync();

        await Assert.ThrowsAnyAsync<SocketException>(() => redis.CommandAsync("PING"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Server_with_TLS_presents_its_own_certificate(bool inContainer)
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Tls = true }, inContainer);
        await using RedisServer other = await RedisServer.StartAsync(new RedisServerOptions { Tls = true });
        Assert.Equal("PONG", await redis.CommandAsync("PING"));

        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", redis.Port).Within();
        await using var secure = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, other.IsOwnCertificate);
        await Assert.ThrowsAsync<AuthenticationException>(() => secure.AuthenticateAsClientAsync("127.0.0.1").Within());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Failed_start_reports_the_reason(bool inContainer)
    {
        var options = new RedisServerOptions { ExtraArguments = ["--no-such-setting", "1"] };

        Exception failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServer.StartAsync(options, inContainer));

        Assert.Contains("no-such-setting", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:///no/such/docker.sock", "no container engine at /no/such/docker.sock")]
    [InlineData("tcp://192.0.2.1:2375", "not on a Unix socket")]
    public async Task Missing_engine_is_not_usable(string host, string why)
    {
        ContainerEngine engine = await ContainerEngine.FindAsync(host, RedisContainerServer.Image);

        Assert.False(engine.IsUsable);
        Assert.Contains(why, engine.Description, StringComparison.Ordinal);
    }

    /// <summary>The socket file of an engine that has exited.</summary>
    [Fact]
    public async Task Socket_without_a_listener_is_not_an_engine()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            ContainerEngine engine = await ContainerEngine.FindAsync("unix://" + path, RedisContainerServer.Image);

            Assert.False(engine.IsUsable);
            Assert.Contains("does not answer", engine.Description, StringComparison.Ordinal);
        }

        File.Delete(path);
    }

    [Fact]
    public async Task Missing_image_is_never_pulled()
    {
        ContainerEngine engine = await ContainerEngine.FindAsync(NoImage);

        Assert.False(engine.IsUsable);
        Assert.Matches("engine", engine.Description);
    }

    [Theory]
    [InlineData("process", false)]
    [InlineData("auto", true)]
    [InlineData(null, true)]
    public async Task Container_is_chosen_only_for_a_test_that_prefers_one(string? setting, bool mayContain)
    {
        RedisServerKind kind = await RedisServerKind.ChooseAsync(setting);

        Assert.False(kind.UsesContainer(new RedisServerOptions()));
        Assert.Equal(mayContain && kind.CanContain, kind.UsesContainer(new RedisServerOptions { PreferContainer = true }));
        Assert.False(kind.UsesContainer(new RedisServerOptions { PreferContainer = true, OnThisMachine = true }));
        Assert.StartsWith("Redis servers", kind.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_setting_is_refused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServerKind.ChooseAsync("docker"));
}
