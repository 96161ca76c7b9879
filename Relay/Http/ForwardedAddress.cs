using Cecelia.Relay.Connections;
using Microsoft.AspNetCore.HttpOverrides;

namespace Cecelia.Relay.Http;

/// <summary>Takes the client's address from <c>X-Forwarded-For</c> if a trusted proxy has sent it.</summary>
internal static class ForwardedAddress
{
    /// <summary>Adds the middleware. Without trusted proxies there is none, and the header is ignored.</summary>
    public static void UseForwardedAddress(this WebApplication app, ConnectionOptions options)
    {
        if (options.TrustedProxies.Count == 0) return;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        // The framework trusts loopback by default.
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        foreach (System.Net.IPNetwork network in options.TrustedProxies) forwarded.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(forwarded);
    }
}
