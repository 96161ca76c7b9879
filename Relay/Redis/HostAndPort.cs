using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Redis;

/// <summary>Reads the <c>HOST[:PORT]</c> of a server's URL, of Redis or of PostgreSQL.</summary>
internal static class HostAndPort
{
    /// <summary>
    /// Reads a host name or an IP address, IPv6 in brackets, and the port, which is null if the text has none. <paramref name="error"/> completes a message
    /// that begins with a setting's name, and quotes nothing, since misplaced text may be a password.
    /// </summary>
    /// <param name="text">The part of the URL between the user and the path.</param>
    /// <param name="form">The form of the whole URL, for the error.</param>
    /// <param name="host">The host, IPv6 without brackets.</param>
    /// <param name="port">The port, if there is one.</param>
    /// <param name="error">The error, if the text is not valid.</param>
    public static bool TryRead(string text, string form, [NotNullWhen(true)] out string? host, out int? port, [NotNullWhen(false)] out string? error)
    {
        (host, port, error) = (null, null, null);
        bool bracketed = text.StartsWith('[');
        int end = bracketed ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end < 0) end = text.Length;
        string name = bracketed ? text[..end].Trim('[', ']') : text[..end];
        string number = text[end..];
        if (name.Length == 0)
        {
            error = $"does not name a host; the form is {form}";
        }
        else if (bracketed ? !IsIPv6(name) : !name.All(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            error =
                "has a host that is neither a name nor an IP address (write IPv6 addresses in brackets, and percent-encode special characters "
                    + "in the password)";
        }
        else if (number.Length > 0 && !TryReadPort(number, out port))
        {
            error = "has a port that is not a number from 1 to 65535 (write IPv6 addresses in brackets)";
        }
        else
        {
            host = name;
        }

        return host is not null;
    }

    private static bool TryReadPort(string text, out int? port)
    {
        port = text[0] == ':' && int.TryParse(
            text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 65535 ? number : null;
        return port is not null;
    }

    private static bool IsIPv6(string text) => IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;
}
