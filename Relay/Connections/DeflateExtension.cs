using System.Globalization;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Negotiates permessage-deflate (RFC 7692 §7). It is granted without context takeover on either side, so that a message is compressed once for all
/// clients and an idle connection holds no window.
/// </summary>
internal static class DeflateExtension
{
    public const string Name = "permessage-deflate";

    /// <summary>The value of <c>Sec-WebSocket-Extensions</c> in the response when an offer is granted.</summary>
    public const string Granted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    /// <summary>The largest window, which the relay's compressor uses; an offer that requires a smaller one is declined.</summary>
    private const int LargestWindowBits = 15;

    /// <summary>Returns true if one of the offers in the header can be granted. An offer with an unknown or malformed parameter is declined (§7.1).</summary>
    public static bool CanGrant(string? header) =>
        !string.IsNullOrEmpty(header) && header.Split(',').Any(offer => CanGrantOffer(offer.Split(';', StringSplitOptions.TrimEntries)));

    private static bool CanGrantOffer(string[] parts)
    {
        if (parts[0] != Name) return false;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string part in parts.AsSpan(1))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            string? value = pair.Length == 2 ? pair[1].Trim('"') : null;
            bool isValid = pair[0] switch
            {
                "server_no_context_takeover" or "client_no_context_takeover" => value is null,
                "client_max_window_bits" => value is null || IsWindow(value),
                "server_max_window_bits" => value is not null && IsWindow(value) && int.Parse(value, CultureInfo.InvariantCulture) == LargestWindowBits,
                _ => false,
            };
            if (!isValid || !seen.Add(pair[0])) return false;
        }

        return true;
    }

    private static bool IsWindow(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 8 and <= 15 && value[0] != '0';
}
