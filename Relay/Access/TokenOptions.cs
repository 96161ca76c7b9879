using Cecelia.Relay.Files;

namespace Cecelia.Relay.Access;

/// <summary>How tokens are checked. Immutable.</summary>
internal sealed record TokenOptions
{
    /// <summary>Maximum size of a file or response with keys, in bytes.</summary>
    public const int MaxKeysBytes = 256 * 1024;

    /// <summary>
    /// A file with a JSON Web Key Set or PEM public keys, or the <c>https:</c> URL of a key set (<c>http:</c> on loopback). Default empty: no access control.
    /// </summary>
    public string Keys { get; init; } = "";

    /// <summary>The <c>iss</c> that a token must have. Default empty: it is not checked.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The <c>aud</c> that a token must have, or contain. Default <c>cecelia</c>.</summary>
    public string Audience { get; init; } = "cecelia";

    /// <summary>The claim with the rights. Default <c>cecelia</c>; empty: the members are claims of the token itself.</summary>
    public string Claim { get; init; } = "cecelia";

    /// <summary>The names of the members of the claim.</summary>
    public RightsMembers Members { get; init; } = RightsMembers.Default;

    /// <summary>The claim with the user. Default <c>sub</c>.</summary>
    public string UserClaim { get; init; } = "sub";

    /// <summary>How much later than <c>exp</c>, and earlier than <c>nbf</c>, a token is valid. Default 30 s; zero allows no difference.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time before the end of a connection at which its client is warned. Not a setting. Default 60 s, or half of the time that is left.</summary>
    public TimeSpan Warning { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Minimum interval between loads of the keys that unknown <c>kid</c>s cause. Not a setting. Default 10 s.</summary>
    public TimeSpan UnknownKeyInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Interval at which the tickets of open connections are checked in Redis. Not a setting. Default 10 s.</summary>
    public TimeSpan TicketInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether clients need a token.</summary>
    public bool Enabled => Keys.Length > 0;

    /// <summary>The URL of the keys; null if they are in a file.</summary>
    public Uri? KeysUrl => Keys.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(Keys, UriKind.Absolute, out Uri? url) ? url : null;

    /// <summary>Returns an error message, which begins with a setting's name, if the options cannot be used; otherwise null.</summary>
    /// <param name="userHeader">The header with the user; empty if none.</param>
    public string? FindError(string userHeader)
    {
        if (!Enabled) return null;
        if (userHeader.Length > 0)
            return "CECELIA_JWT_KEYS and CECELIA_USER_HEADER are both set; with tokens, the user is the one that the token names";
        if (Audience.Length == 0) return "CECELIA_JWT_AUDIENCE must not be empty: a token for another service would be accepted";
        if (Keys.Contains("://", StringComparison.Ordinal))
        {
            return KeysUrl is { } url && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) && url.UserInfo.Length == 0
                ? null
                : "CECELIA_JWT_KEYS must be a file, or an https:// URL without user and password; http:// is allowed only on loopback";
        }

        try
        {
            VerificationKeys.Parse(SmallFile.Read(Keys, MaxKeysBytes), isSecret: true);
            return null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or FormatException)
        {
            return $"CECELIA_JWT_KEYS must name a file with a JSON Web Key Set or PEM public keys: {unusable.Message}";
        }
    }
}
