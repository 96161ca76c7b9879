using System.Net;

namespace Cecelia.Relay.Cli;

/// <summary>Keeps the response of a server that does not upgrade, which ClientWebSocket does not expose.</summary>
/// <param name="handler">Connects, and does not follow redirects. This object owns it.</param>
internal sealed class UpgradeProbe(SocketsHttpHandler handler) : DelegatingHandler(handler)
{
    /// <summary>The response; null unless the server has refused.</summary>
    public UpgradeRefusal? Refusal { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols) Refusal = await UpgradeRefusal.ReadAsync(response, cancellationToken);
        return response;
    }
}
