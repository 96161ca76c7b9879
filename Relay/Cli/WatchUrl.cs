using System.Diagnostics.CodeAnalysis;

namespace Cecelia.Relay.Cli;

/// <summary>Parses the URL to watch. Scheme and path are optional, and http and https are read as ws and wss.</summary>
internal static class WatchUrl
{
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        string full = text.Contains("://", StringComparison.Ordinal) ? text : $"ws://{text}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out Uri? given) || given.Host.Length == 0) return false;
        string? scheme = given.Scheme switch
        {
            "ws" or "http" => "ws",
            "wss" or "https" => "wss",
            _ => null,
        };
        if (scheme is null) return false;
        var built = new UriBuilder(given) { Scheme = scheme, Port = given.IsDefaultPort ? -1 : given.Port, Fragment = "" };
        if (built.Path == "/") built.Path = "/ws";
        url = built.Uri;
        return true;
    }
}
