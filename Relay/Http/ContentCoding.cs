using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cecelia.Relay.Http;

/// <summary>The content coding of a response (RFC 9110, 8.4.1).</summary>
internal enum ContentCoding
{
    Identity,
    Gzip,
    Brotli,
}

/// <summary>Negotiates the <see cref="ContentCoding"/>.</summary>
internal static class ContentCodings
{
    /// <summary>
    /// Returns the best coding that <c>Accept-Encoding</c> allows: Brotli, then gzip, then identity. A malformed header allows identity only.
    /// </summary>
    public static ContentCoding Choose(StringValues acceptEncoding)
    {
        if (!StringWithQualityHeaderValue.TryParseList(acceptEncoding, out IList<StringWithQualityHeaderValue>? accepted)) return ContentCoding.Identity;
        return Allows(accepted, "br") ? ContentCoding.Brotli : Allows(accepted, "gzip") ? ContentCoding.Gzip : ContentCoding.Identity;
    }

    /// <summary>Returns true if the coding, or otherwise <c>*</c>, is listed with a weight that is not zero.</summary>
    private static bool Allows(IList<StringWithQualityHeaderValue> accepted, string coding)
    {
        StringWithQualityHeaderValue? found = Find(accepted, coding) ?? Find(accepted, "*");
        return found is not null && found.Quality != 0;
    }

    private static StringWithQualityHeaderValue? Find(IList<StringWithQualityHeaderValue> accepted, string name) =>
        accepted.FirstOrDefault(one => one.Value.Equals(name, StringComparison.OrdinalIgnoreCase));
}
