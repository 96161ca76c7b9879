using System.CommandLine;
using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>health</c> command: requests the liveness of a running relay. Health checks of containers use it, since the image has no curl.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string?>("URL")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description =
                "URL to request. Default: /livez of the relay on this machine, at the configured address and port, with HTTPS if a certificate is configured.",
        };
        var command = new Command(
            "health",
            "Request the liveness of a running relay, or any URL.\nExit code 0: the response was a success; 1: it was not, or the relay did not respond.") { url };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay health", "Relay health http://localhost:5221/readyz");
        command.SetAction((parsed, cancellationToken) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            return parsed.GetValue(url) is { } given
                ? AskAsync(terminal, given, new SocketsHttpHandler(), cancellationToken)
                : AskAsync(terminal, OwnRelay.Address(effective.Options) + "/livez", OwnRelay.Handler(effective.Options), cancellationToken);
        });
        return command;
    }

    private static async Task<int> AskAsync(Terminal terminal, string address, SocketsHttpHandler handler, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(handler) { Timeout = Deadline };
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            await terminal.Error.WriteLineAsync($"'{address}' is not an http:// or https:// URL.");
            return ExitCode.Usage;
        }

        try
        {
            using HttpResponseMessage response = await client.GetAsync(uri, cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {body}"));
            return response.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            string reason = failure is TaskCanceledException
                ? string.Create(CultureInfo.InvariantCulture, $"no response within {Deadline.TotalSeconds} s")
                : (failure.InnerException as UnixSocketException)?.Message ?? failure.Message;
            await terminal.Error.WriteLineAsync($"{uri} does not respond: {reason}");
            return ExitCode.Failed;
        }
    }
}
