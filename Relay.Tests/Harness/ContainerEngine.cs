using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The container engine of this machine, as its HTTP API describes it. Only a Unix socket is accepted: the tests connect to 127.0.0.1, and an engine on
/// another machine does not publish its ports there. Detecting that there is none takes a few file look-ups.
/// </summary>
internal sealed record ContainerEngine
{
    private const string ReaperImage = "testcontainers/ryuk";

    /// <summary>Long enough for a busy machine. A socket without a listener refuses at once.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private ContainerEngine(string description) => Description = description;

    /// <summary>Why the engine is usable or not usable.</summary>
    public string Description { get; }

    public bool IsUsable { get; private init; }

    /// <summary>The address, as in <c>DOCKER_HOST</c>.</summary>
    public string? Endpoint { get; private init; }

    /// <summary>The newest version of its API.</summary>
    public Version? ApiVersion { get; private init; }

    /// <summary>Whether it has an image of the container that cleans up after a killed run.</summary>
    public bool HasReaper { get; private init; }

    public static Task<ContainerEngine> FindAsync(string image) => FindAsync(Environment.GetEnvironmentVariable("DOCKER_HOST"), image);

    /// <summary>Looks for the engine. Never throws.</summary>
    /// <param name="host">The value of <c>DOCKER_HOST</c>; empty for the usual sockets.</param>
    /// <param name="image">The image that must be available.</param>
    public static async Task<ContainerEngine> FindAsync(string? host, string image)
    {
        if (!string.IsNullOrEmpty(host) && !host.StartsWith("unix://", StringComparison.Ordinal))
        {
            return new ContainerEngine($"the engine at {host} is not on a Unix socket of this machine");
        }

        string? socket = string.IsNullOrEmpty(host) ? UsualSockets().FirstOrDefault(File.Exists) : host["unix://".Length..];
        if (socket is null) return new ContainerEngine("no container engine was found");
        if (!File.Exists(socket)) return new ContainerEngine($"there is no container engine at {socket}");

        using HttpClient http = Connect(socket);
        try
        {
            JsonElement version = await http.GetFromJsonAsync<JsonElement>("/version");
            if (!await HasImageAsync(http, image)) return new ContainerEngine($"the container engine has no image {image}");
            return new ContainerEngine($"the container engine has the image {image}")
            {
                IsUsable = true,
                Endpoint = "unix://" + socket,
                ApiVersion = Version.Parse(version.GetProperty(nameof(ApiVersion)).GetString()!),
                HasReaper = await HasImageAsync(http, ReaperImage),
            };
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or FormatException)
        {
            return new ContainerEngine($"the container engine at {socket} does not answer: {fault.Message}");
        }
    }

    private static IEnumerable<string> UsualSockets()
    {
        yield return "/var/run/docker.sock";
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime) yield return Path.Combine(runtime, "docker.sock");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        yield return Path.Combine(home, ".docker", "run", "docker.sock");
        yield return Path.Combine(home, ".docker", "desktop", "docker.sock");
    }

    /// <summary>Returns whether the engine has the image, with any tag if <paramref name="image"/> has none.</summary>
    private static async Task<bool> HasImageAsync(HttpClient http, string image)
    {
        string filter = JsonSerializer.Serialize(new { reference = new[] { image } });
        JsonElement images = await http.GetFromJsonAsync<JsonElement>("/images/json?filters=" + Uri.EscapeDataString(filter));
        return images.GetArrayLength() > 0;
    }

    private static HttpClient Connect(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://engine"),
        Timeout = AnswerLimit,
    };
}
