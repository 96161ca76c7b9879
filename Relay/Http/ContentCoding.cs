using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cecelia.Relay.Http;

/// <summary>How the bytes of an answer are packed (RFC 9110, 8.4.1).</summary>
internal enum ContentCoding
{
    Identity,
    Gzip,
    Brotli,
}

/// <summary>Reads what a client can unpack.</summary>
internal static class ContentCodings
{
    /// <summary>The best that <c>Accept-Encoding</c> allows: Brotli, then gzip, then none. A header that cannot be read allows none.</summary>
    public static ContentCoding Choose(StringValues acceptEncoding)
    {
        if (!StringWithQualityHeaderValue.TryParseList(acceptEncoding, out IList<StringWithQualityHeaderValue>? accepted)) return ContentCoding.Identity;
        return Allows(accepted, "br") ? ContentCoding.Brotli : Allows(accepted, "gzip") ? ContentCoding.Gzip : ContentCoding.Identity;
    }

    /// <summary>Named with a weight that is not zero; or not named, and <c>*</c> is.</summary>
    private static bool Allows(IList<StringWithQualityHeaderValue> accepted, string coding)
    {
        StringWithQualityHeaderValue? found = Find(accepted, coding) ?? Find(accepted, "*");
        return found is not null && found.Quality != 0;
    }

    private static StringWithQualityHeaderValue? Find(IList<StringWithQualityHeaderValue> accepted, string name) =>
        accepted.FirstOrDefault(one => one.Value.Equals(name, StringComparison.OrdinalIgnoreCase));
}
