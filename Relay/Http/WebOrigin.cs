using System.Buffers;
using System.Globalization;

namespace Cecelia.Relay.Http;

/// <summary>
/// The origin of a page, as a browser writes it in <c>Origin</c> (RFC 6454, 6.2): only a scheme, a host and a port. Equal origins have equal values.
/// Immutable.
/// </summary>
/// <param name="Scheme">The scheme in lower case: <c>https</c>, <c>http</c>, or that of an application such as <c>tauri</c>.</param>
/// <param name="Authority">The authority, without the default port of the scheme.</param>
internal readonly record struct WebOrigin(string Scheme, Authority Authority)
{
    private const string Separator = "://";

    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+-.");

    /// <summary>True for <c>http</c> and <c>https</c>.</summary>
    public bool IsWeb => Scheme is "http" or "https";

    /// <summary>
    /// Reads SCHEME://HOST or SCHEME://HOST:PORT. Returns false for anything else: <c>null</c>, a path, user info, an address that is not in its usual form.
    /// </summary>
    public static bool TryParse(string text, out WebOrigin origin)
    {
        origin = default;
        int end = text.IndexOf(Separator, StringComparison.Ordinal);
        if (end <= 0 || !Authority.TryParse(text[(end + Separator.Length)..], out Authority authority)) return false;
        string scheme = text[..end].ToLowerInvariant();
        if (!char.IsAsciiLetterLower(scheme[0]) || scheme.AsSpan().ContainsAnyExcept(SchemeCharacters)) return false;
        origin = new WebOrigin(scheme, WithoutDefaultPort(scheme, authority));
        return true;
    }

    /// <summary>
    /// As <see cref="TryParse"/>, for an origin that a person wrote: a host that is not ASCII is converted to Punycode, as browsers send it
    /// (<c>bücher.example</c> becomes <c>xn--bcher-kva.example</c>).
    /// </summary>
    public static bool TryParseWritten(string text, out WebOrigin origin)
    {
        int start = text.IndexOf(Separator, StringComparison.Ordinal) + Separator.Length;
        int end = text.LastIndexOf(':');
        if (end < start) end = text.Length;
        return TryParse(start < Separator.Length ? text : text[..start] + ToAscii(text[start..end]) + text[end..], out origin);
    }

    /// <summary>Returns the host name in Punycode; unchanged if it is ASCII or not a valid name.</summary>
    public static string ToAscii(string host)
    {
        try
        {
            return System.Text.Ascii.IsValid(host) ? host : new IdnMapping().GetAscii(host);
        }
        catch (ArgumentException)
        {
            return host;
        }
    }

    /// <summary>
    /// Returns true if this origin has the host and port of <paramref name="host"/>. The scheme is not compared, because a proxy may have terminated TLS.
    /// </summary>
    public bool IsSameHost(Authority host) => Authority == WithoutDefaultPort(Scheme, host);

    public override string ToString() => Scheme + Separator + Authority;

    private static Authority WithoutDefaultPort(string scheme, Authority authority) =>
        (scheme, authority.Port) is ("http", 80) or ("https", 443) ? authority with { Port = null } : authority;
}
