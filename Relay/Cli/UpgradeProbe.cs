using System.Net;

namespace Cecelia.Relay.Cli;

/// <summary>Keeps the answer that ClientWebSocket throws away when a server does not upgrade.</summary>
internal sealed class UpgradeProbe() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
{
    /// <summary>Null until a server has refused.</summary>
    public UpgradeRefusal? Refusal { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols) Refusal = await UpgradeRefusal.ReadAsync(response, cancellationToken);
        return response;
    }
}
