using DotNet.Testcontainers.Configurations;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The kind of Redis servers in this test run, set by <c>CECELIA_TEST_REDIS</c>:
/// <c>process</c> starts only processes;
/// <c>container</c> starts a container for each test that does not need a process, and fails if that is not possible;
/// <c>auto</c>, the default, starts containers for the tests that prefer one if the engine and the image are available, and processes otherwise.
/// </summary>
internal sealed class RedisServerKind
{
    private const string Variable = "CECELIA_TEST_REDIS";

    /// <summary>The API version that Testcontainers requests. It does not negotiate, and an older engine rejects it.</summary>
    private static readonly Version NewestKnownApi = new(1, 44);

    private static readonly Lazy<Task<RedisServerKind>> Chosen = new(() => ChooseAsync(Environment.GetEnvironmentVariable(Variable)));

    private readonly bool _always;
    private readonly bool _canContain;

    private RedisServerKind(bool always, bool canContain, string reason) => (_always, _canContain, Reason) = (always, canContain, reason);

    /// <summary>The kind in use and the reason, as one line.</summary>
    public string Reason { get; }

    public bool CanContain => _canContain;

    /// <summary>Returns the choice for this run, which is made once.</summary>
    public static Task<RedisServerKind> ChosenAsync() => Chosen.Value;

    public bool UsesContainer(RedisServerOptions options) => _canContain && !options.OnThisMachine && (_always || options.PreferContainer);

    public static async Task<RedisServerKind> ChooseAsync(string? setting)
    {
        switch (setting)
        {
            case "process":
                return new RedisServerKind(false, false, $"Redis servers are processes: {Variable}=process");
            case "container":
                ContainerEngine found = await ContainerEngine.FindAsync(RedisContainerServer.Image);
                if (!found.IsUsable) throw new InvalidOperationException($"{Variable}=container, but {found.Description}");
                Prepare(found);
                return new RedisServerKind(true, true, $"Redis servers are containers where possible: {Variable}=container, {found.Description}");
            case null or "" or "auto":
                ContainerEngine engine = await ContainerEngine.FindAsync(RedisContainerServer.Image);
                if (!engine.IsUsable) return new RedisServerKind(false, false, $"Redis servers are processes: {engine.Description}");
                Prepare(engine);
                return new RedisServerKind(
                    false, true, $"Redis servers that tests of one class share are containers, others are processes: {engine.Description}");
            default:
                throw new InvalidOperationException($"{Variable}={setting}: expected process, container or auto");
        }
    }

    /// <summary>Must be called before the first use of Testcontainers, which reads the environment once.</summary>
    private static void Prepare(ContainerEngine engine)
    {
        Environment.SetEnvironmentVariable("DOCKER_HOST", engine.Endpoint);
        if (Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is null && engine.ApiVersion < NewestKnownApi)
        {
            Environment.SetEnvironmentVariable("DOCKER_API_VERSION", engine.ApiVersion!.ToString());
        }

        // Ryuk removes the containers of a killed run. Its image would be pulled if it is missing.
        if (!engine.HasReaper) TestcontainersSettings.ResourceReaperEnabled = false;
    }
}
