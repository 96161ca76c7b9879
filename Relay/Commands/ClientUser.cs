using System.Text;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Commands;

/// <summary>The user of a connection.</summary>
internal static class ClientUser
{
    /// <summary>Returns the user that a request names; empty if it names none. Null if the name is unusable.</summary>
    public static string? Find(HttpRequest request, CommandOptions options)
    {
        StringValues user = options.UserHeader.Length > 0 ? request.Headers[options.UserHeader] : default;
        // If there are two, the client may have added one of them, and it is not known which.
        return user.Count <= 1 && Encoding.UTF8.GetByteCount(user.ToString()) <= CommandOptions.UserBytes ? user.ToString() : null;
    }
}
