using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Net;

namespace Cecelia.Relay.Http;

/// <summary>
/// A host and an optional port, as in a <c>Host</c> header or an origin. Only the form that a browser writes is accepted: no user info, a host name in ASCII,
/// an IPv4 address of four decimal numbers, an IPv6 address in brackets. For example, <c>2130706433</c>, <c>0x7f.1</c> and <c>127.1</c> are refused.
/// Immutable.
/// </summary>
/// <param name="Host">The host in lower case, without a trailing dot; an IPv6 address in brackets.</param>
/// <param name="Port">The port; null if there is none.</param>
internal readonly record struct Authority(string Host, int? Port)
{
    private const int MaxHostLength = 253;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>True for an IPv4 or IPv6 address.</summary>
    public bool IsAddress => Host.StartsWith('[') || EndsInNumber(Host);

    /// <summary>True for <c>localhost</c> and for an address of the loopback interface.</summary>
    public bool IsLoopback => Host == "localhost" || (IsAddress && IPAddress.IsLoopback(IPAddress.Parse(Host.Trim('[', ']'))));

    public override string ToString() => Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{Host}:{port}") : Host;

    /// <summary>Reads HOST or HOST:PORT. Returns false for anything else.</summary>
    public static bool TryParse(string text, out Authority authority)
    {
        authority = default;
        int end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end < 0) end = text.Length;
        int? port = null;
        if (end < text.Length)
        {
            if (
                text[end] != ':'
                    || !int.TryParse(text.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int given)
                    || given > ushort.MaxValue)
            {
                return false;
            }

            port = given;
        }

        string? host = text.StartsWith('[') ? ReadAddress6(text[..end]) : ReadName(text[..end].ToLowerInvariant());
        if (host is null) return false;
        authority = new Authority(host, port);
        return true;
    }

    /// <summary>Returns the IPv6 address in its canonical form; null if the text is not one.</summary>
    private static string? ReadAddress6(string text)
    {
        bool isAddress = IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out IPAddress? address)
            && address.AddressFamily == AddressFamily.InterNetworkV6
            && !text.Contains('%', StringComparison.Ordinal);
        return isAddress ? $"[{address}]" : null;
    }

    /// <summary>Returns the name or IPv4 address without a trailing dot; null if the text is neither.</summary>
    private static string? ReadName(string text)
    {
        string host = text.EndsWith('.') ? text[..^1] : text;
        if (
            host.Length is 0 or > MaxHostLength
                || host.AsSpan().ContainsAnyExcept(NameCharacters)
                || host[0] == '.'
                || host[^1] == '.'
                || host.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }

        if (!EndsInNumber(host)) return host;
        return IPAddress.TryParse(host, out IPAddress? address) && address.ToString() == host ? host : null;
    }

    /// <summary>
    /// Returns true for a host that a browser treats as an IPv4 address and rewrites as four decimal numbers (URL Standard, "ends in a number").
    /// </summary>
    private static bool EndsInNumber(string host)
    {
        ReadOnlySpan<char> last = host.AsSpan(host.LastIndexOf('.') + 1);
        return !last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x");
    }
}
