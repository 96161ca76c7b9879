using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>The token or ticket of a request (PROTOCOL.md, <i>Access</i>).</summary>
/// <param name="Kind">The way in which it was given.</param>
/// <param name="Text">The token or ticket.</param>
internal readonly record struct RequestCredential(CredentialKind Kind, string Text)
{
    private const string Scheme = "Bearer ";
    private const string Prefix = "bearer.";
    private const string Ticket = "ticket";

    /// <summary>Reads the credential, and removes it from the request, so that nothing that handles the request later can pass it on.</summary>
    public static RequestCredential Take(HttpRequest request, AccessRule rule)
    {
        var found = default(RequestCredential);
        int count = 0;
        StringValues authorization = request.Headers.Authorization;
        foreach (string? value in authorization)
        {
            // Other schemes are for a proxy in front of the relay.
            if (value?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true) Add(CredentialKind.Token, value[Scheme.Length..].Trim());
        }

        if (count > 0) request.Headers.Remove("Authorization");
        if (rule.TakesSubprotocol && TakeSubprotocols(request) is { Count: > 0 } offered)
        {
            foreach (string token in offered) Add(CredentialKind.Token, token);
        }

        if (rule.TakesTicket && request.QueryString.HasValue)
        {
            foreach (string? ticket in request.Query[Ticket]) Add(CredentialKind.Ticket, ticket ?? "");
        }

        return count > 1 ? new RequestCredential(CredentialKind.Several, "") : found;

        void Add(CredentialKind kind, string text)
        {
            found = new RequestCredential(kind, text);
            count++;
        }
    }

    /// <summary>Removes the tokens from the offered subprotocols, and returns them.</summary>
    private static List<string>? TakeSubprotocols(HttpRequest request)
    {
        string header = request.Headers.SecWebSocketProtocol.ToString();
        if (!header.Contains(Prefix, StringComparison.Ordinal)) return null;
        List<string> offers = [.. header.Split(',', StringSplitOptions.TrimEntries)];
        List<string> tokens = [.. offers.Where(offer => offer.StartsWith(Prefix, StringComparison.Ordinal)).Select(offer => offer[Prefix.Length..])];
        request.Headers.SecWebSocketProtocol = string.Join(", ", offers.Where(offer => !offer.StartsWith(Prefix, StringComparison.Ordinal)));
        return tokens;
    }
}

/// <summary>The ways in which a request gives a token or ticket.</summary>
internal enum CredentialKind
{
    None,
    Token,
    Ticket,

    /// <summary>More than one was given.</summary>
    Several,
}
