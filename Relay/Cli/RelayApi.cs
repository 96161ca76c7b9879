using System.CommandLine;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>Requests to the HTTP API of a running relay. Disposable.</summary>
internal sealed class RelayApi : IDisposable
{
    /// <summary>Longer than a relay waits for other instances.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client;
    private readonly string _base;

    private RelayApi(string address, SocketsHttpHandler handler)
    {
        _base = address.TrimEnd('/');
        _client = new HttpClient(handler) { Timeout = Deadline };
    }

    /// <summary>Returns the option for the relay to ask.</summary>
    public static Option<string?> UrlOption() => new("--url")
    {
        HelpName = "URL",
        Description = "URL of the relay, with its path prefix if it has one. Default: the relay on this machine, at the configured address and port.",
    };

    /// <summary>Creates the client of the relay at a URL, or of the one on this machine. Null, with an error message, if the URL is not valid.</summary>
    public static RelayApi? Create(Terminal terminal, string? url, EffectiveSettings effective)
    {
        if (url is null) return new RelayApi(OwnRelay.Address(effective.Options), OwnRelay.Handler(effective.Options));
        if (Uri.TryCreate(url, UriKind.Absolute, out Uri? given) && given.Scheme is "http" or "https") return new RelayApi(url, new SocketsHttpHandler());
        terminal.Error.WriteLine($"'{url}' is not an http:// or https:// URL.");
        return null;
    }

    /// <summary>Returns the JSON of a response. Null, with an error message, if there was none.</summary>
    public async Task<JsonDocument?> GetAsync(string path, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri(_base + path), cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode) return JsonDocument.Parse(body);
            await terminal.Error.WriteLineAsync(FormattableString.Invariant($"{_base}{path}: {(int)response.StatusCode} {body}"));
        }
        catch (JsonException)
        {
            await terminal.Error.WriteLineAsync($"{_base}{path}: the response is not JSON");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            string reason = failure is TaskCanceledException
                ? FormattableString.Invariant($"no response within {Deadline.TotalSeconds} s")
                : (failure.InnerException as UnixSocketException)?.Message ?? failure.Message;
            await terminal.Error.WriteLineAsync($"{_base} does not respond: {reason}");
        }

        return null;
    }

    public void Dispose() => _client.Dispose();
}
