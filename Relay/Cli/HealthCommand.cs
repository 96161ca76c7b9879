using System.CommandLine;
using System.Globalization;

namespace Cecelia.Relay.Cli;

/// <summary><c>health</c>: asks a running relay whether it is alive; what a container's health check calls where there is no curl.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    public static Command Create(Terminal terminal)
    {
        var url = new Argument<string?>("URL") { Arity = ArgumentArity.ZeroOrOne, Description = "What to ask. Default: /livez on this machine, at the configured port." };
        var command = new Command("health", "Ask a running relay whether it is alive, or whatever URL answers.\nExit code 0: it answered with success; 1: it did not.") { url };
        SettingOptions.AddTo(command);
        HelpPage.AddTo(command, terminal, "Relay health", "Relay health http://localhost:5221/readyz");
        command.SetAction((parsed, cancellationToken) =>
        {
            EffectiveSettings effective = EffectiveSettings.Load(terminal, SettingOptions.Given(parsed.CommandResult));
            string address = parsed.GetValue(url) ?? string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{effective.Options.Port}/livez");
            return AskAsync(terminal, address, cancellationToken);
        });
        return command;
    }

    private static async Task<int> AskAsync(Terminal terminal, string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            await terminal.Error.WriteLineAsync($"'{address}' is no http:// or https:// URL.");
            return ExitCode.Usage;
        }

        using var client = new HttpClient { Timeout = Deadline };
        try
        {
            using HttpResponseMessage response = await client.GetAsync(uri, cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {body}"));
            return response.IsSuccessStatusCode ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception silent) when (silent is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            await terminal.Error.WriteLineAsync($"{uri} does not answer: {silent.Message}");
            return ExitCode.Failed;
        }
    }
}
