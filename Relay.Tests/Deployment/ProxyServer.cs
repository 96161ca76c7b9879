using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>A real proxy with a configuration of <c>deploy/proxy</c> in which only the addresses are replaced.</summary>
internal sealed partial class ProxyServer : IAsyncDisposable
{
    /// <summary>The directories in which Debian's packages install the programs; nginx and haproxy are not in every user's PATH.</summary>
    private static readonly string[] Folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly StringBuilder _output = new();

    private ProxyServer(Process process, DirectoryInfo folder, int port) => (_process, _folder, Port) = (process, folder, port);

    /// <summary>The proxies installed on this machine.</summary>
    public static IEnumerable<string> Installed => new[] { "nginx", "haproxy", "caddy" }.Where(name => Find(name) is not null);

    public int Port { get; }

    public Uri Http => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/"));

    public Uri WebSocket => new(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{Port}/ws"));

    /// <summary>Starts the proxy and waits until it forwards requests.</summary>
    /// <param name="name">One of <see cref="Installed"/>.</param>
    /// <param name="relays">The three ports behind it.</param>
    public static Task<ProxyServer> StartAsync(string name, params int[] relays) =>
        StartAsync(name, [.. relays.Select(relay => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{relay}"))]);

    /// <summary>Starts the proxy and waits until it forwards requests.</summary>
    /// <param name="name">One of <see cref="Installed"/>.</param>
    /// <param name="relays">The addresses of the one, two or three relays behind it.</param>
    public static async Task<ProxyServer> StartAsync(string name, params string[] relays)
    {
        int port = RedisServer.FreePort();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("cecelia-proxy-");
        string file = Path.Combine(folder.FullName, name);
        await File.WriteAllTextAsync(file, Configure(name, folder.FullName, port, relays));
        string[] arguments = name switch
        {
            "nginx" => ["-c", file, "-e", "stderr"],
            "haproxy" => ["-f", file],
            _ => ["run", "--adapter", "caddyfile", "--config", file],
        };
        var start = new ProcessStartInfo(Find(name)!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.FullName,
        };
        start.Environment["HOME"] = folder.FullName;
        start.Environment["XDG_DATA_HOME"] = start.Environment["XDG_CONFIG_HOME"] = folder.FullName;
        var proxy = new ProxyServer(new Process { StartInfo = start }, folder, port);
        proxy._process.OutputDataReceived += proxy.AppendOutput;
        proxy._process.ErrorDataReceived += proxy.AppendOutput;
        proxy._process.Start();
        proxy._process.BeginOutputReadLine();
        proxy._process.BeginErrorReadLine();
        await Eventually.TrueAsync(proxy.ForwardsAsync, TestTimeouts.Default, () => proxy.Output);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().Within();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string Configure(string name, string folder, int port, string[] servers)
    {
        string file = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "proxy", name switch
        {
            "nginx" => "nginx.conf",
            "haproxy" => "haproxy.cfg",
            _ => "Caddyfile",
        }));
        string own = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        // A single relay takes the place of all.
        for (int i = 0; i < 3; i++)
        {
            string server = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{5231 + i}");
            file = file.Replace(server, servers[Math.Min(i, servers.Length - 1)], StringComparison.Ordinal);
        }

        return name switch
        {
            // Debian's nginx has its main configuration outside the block that includes this file.
            "nginx" => $$"""
                daemon off;
                pid {{folder}}/pid;
                events { worker_connections 4096; }
                http {
                    access_log off;
                    client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi;
                    uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
                    {{file.Replace("listen 5221", "listen " + own, StringComparison.Ordinal)}}
                }
                """,
            "haproxy" => Template()
                .Replace(file, string.Join('\n', servers.Select((server, i) => $"    server relay{i} {server}")))
                .Replace("bind :5221", "bind " + own, StringComparison.Ordinal),
            _ => "{\n\tadmin off\n}\n" + file.Replace(":5221 {", "http://" + own + " {", StringComparison.Ordinal),
        };
    }

    [GeneratedRegex(@"(?m)^ *server-template .*$")]
    private static partial Regex Template();

    private async Task<bool> ForwardsAsync()
    {
        Assert.False(_process.HasExited, Output);
        try
        {
            using var http = new HttpClient();
            using HttpResponseMessage response = await http.GetAsync(new Uri(Http, "/readyz")).Within();
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    private void AppendOutput(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }
}
