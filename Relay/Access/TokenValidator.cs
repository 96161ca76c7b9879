using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cecelia.Relay.Access;

/// <summary>
/// Checks tokens (RFC 7519, RFC 8725) and reads their rights. Completes synchronously unless a token names an unknown key. Thread-safe.
/// </summary>
internal sealed class TokenValidator(TokenOptions options, KeySource keys, TimeProvider time)
{
    /// <summary>Maximum length of a token, in characters. Kestrel's limit for all headers is 32 KB.</summary>
    private const int MaxTokenLength = 8 * 1024;

    /// <summary>Maximum length of a user's name, in bytes.</summary>
    private const int MaxUserBytes = 256;

    private static readonly AccessResult Malformed = new(AccessFailure.Malformed);
    private static readonly AccessResult BadClaims = new(AccessFailure.BadClaims);

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxTokenLength };

    /// <summary>Returns what a token grants, or why it grants nothing.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<AccessResult> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > MaxTokenLength || token.Count(c => c == '.') != 2) return Malformed;
        JsonWebToken read;
        try
        {
            read = new JsonWebToken(token);
        }
        catch (Exception malformed) when (malformed is not OutOfMemoryException)
        {
            // The library does not list the exceptions that it throws for text that is not a token.
            return Malformed;
        }

        if (keys.Current is null) await keys.LoadForUnknownAsync(cancellationToken);
        if (keys.Current is not { } known) return new AccessResult(AccessFailure.KeysUnavailable);
        IReadOnlyList<SecurityKey> candidates = known.Find(read.Kid, read.Alg, out bool isKnown);
        if (!isKnown)
        {
            await keys.LoadForUnknownAsync(cancellationToken);
            candidates = keys.Current!.Find(read.Kid, read.Alg, out isKnown);
            if (!isKnown) return new AccessResult(AccessFailure.UnknownKey);
        }

        if (!await IsSignedAsync(read, candidates)) return new AccessResult(AccessFailure.BadSignature);
        return Check(read);
    }

    /// <summary>Returns whether one of the keys has signed the token. The claims are checked afterwards, here, with the clock of the relay.</summary>
    private async ValueTask<bool> IsSignedAsync(JsonWebToken token, IReadOnlyList<SecurityKey> candidates)
    {
        if (candidates.Count == 0) return false;
        TokenValidationResult result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKeys = candidates,
            TryAllIssuerSigningKeys = true,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            ValidateTokenReplay = false,
        });
        return result.IsValid;
    }

    private AccessResult Check(JsonWebToken token)
    {
        try
        {
            if (options.Issuer.Length > 0 && token.Issuer != options.Issuer) return new AccessResult(AccessFailure.WrongIssuer);
            if (!token.Audiences.Contains(options.Audience, StringComparer.Ordinal)) return new AccessResult(AccessFailure.WrongAudience);
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
            return Check(payload.RootElement);
        }
        catch (Exception malformed) when (malformed is not OutOfMemoryException)
        {
            // As above; and a text with half of a surrogate pair is JSON, but cannot be read.
            return Malformed;
        }
    }

    private AccessResult Check(JsonElement claims)
    {
        if (claims.ValueKind != JsonValueKind.Object || !TryReadTime(claims, "exp", out DateTimeOffset? exp) || exp is not { } expires) return BadClaims;
        if (!TryReadTime(claims, "nbf", out DateTimeOffset? notBefore)) return BadClaims;
        DateTimeOffset now = time.GetUtcNow();
        if (now >= expires + options.ClockSkew) return new AccessResult(AccessFailure.Expired);
        if (notBefore is { } begin && now < begin - options.ClockSkew) return new AccessResult(AccessFailure.NotYetValid);
        if (!claims.TryGetProperty(options.UserClaim, out JsonElement user) || user.ValueKind != JsonValueKind.String) return BadClaims;
        string name = user.GetString()!;
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MaxUserBytes || name.Any(char.IsControl)) return BadClaims;
        JsonElement claim = claims;
        if (options.Claim.Length > 0 && !claims.TryGetProperty(options.Claim, out claim)) claim = default;
        return RightsClaim.Read(claim, options.Members) is { } rights ? new AccessResult(new Grant(name, rights, expires), default) : BadClaims;
    }

    /// <summary>Reads a NumericDate, which may have a fraction. Returns false if it is anything else; an absent one is null.</summary>
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? value)
    {
        value = null;
        if (!claims.TryGetProperty(name, out JsonElement time)) return true;
        // Up to the year 9000, so that adding a time span cannot overflow.
        if (time.ValueKind != JsonValueKind.Number || !time.TryGetDouble(out double seconds) || seconds is < 0 or > 221_845_000_000) return false;
        value = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }
}
