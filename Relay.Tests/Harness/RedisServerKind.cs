using DotNet.Testcontainers.Configurations;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The kind of Redis servers of this test run, by <c>CECELIA_TEST_REDIS</c>:
/// <c>process</c> starts processes only;
/// <c>container</c> starts a container for each test that does not need a process, and fails where that is not possible;
/// <c>auto</c>, the default, starts containers for the tests that prefer one where the engine and the image are there, and processes otherwise.
/// </summary>
internal sealed class RedisServerKind
{
    private const string Variable = "CECELIA_TEST_REDIS";

    /// <summary>The version of the engine's API that Testcontainers asks for. It does not negotiate, and an older engine refuses it.</summary>
    private static readonly Version NewestKnownApi = new(1, 44);

    private static readonly Lazy<Task<RedisServerKind>> Chosen = new(() => ChooseAsync(Environment.GetEnvironmentVariable(Variable)));

    private readonly bool _always;
    private readonly bool _canContain;

    private RedisServerKind(bool always, bool canContain, string reason) => (_always, _canContain, Reason) = (always, canContain, reason);

    /// <summary>What is used and why, as one line.</summary>
    public string Reason { get; }

    public bool CanContain => _canContain;

    /// <summary>The choice for this run, made once.</summary>
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
                return new RedisServerKind(false, true, $"Redis servers that tests of one class share are containers, others are processes: {engine.Description}");
            default:
                throw new InvalidOperationException($"{Variable}={setting}: expected process, container or auto");
        }
    }

    /// <summary>Must come before the first use of Testcontainers, which reads the environment once.</summary>
    private static void Prepare(ContainerEngine engine)
    {
        Environment.SetEnvironmentVariable("DOCKER_HOST", engine.Endpoint);
        if (Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is null && engine.ApiVersion < NewestKnownApi) Environment.SetEnvironmentVariable("DOCKER_API_VERSION", engine.ApiVersion!.ToString());
        // Ryuk removes the containers of a run that was killed. Its image would be pulled where it is missing.
        if (!engine.HasReaper) TestcontainersSettings.ResourceReaperEnabled = false;
    }
}
