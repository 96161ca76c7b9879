using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Http;

/// <summary>
/// Decides whether a request's <c>Host</c> (<c>:authority</c> in HTTP/2) is a name of this relay. Without that check a page of <c>evil.example</c> whose owner
/// points that name at the relay's address has the relay's own origin, and may read and command everything (DNS rebinding, CWE-350). Thread-safe.
/// </summary>
internal sealed partial class HostPolicy
{
    /// <summary>Names below these cannot be registered in the public DNS: RFC 6761, RFC 6762, ICANN's <c>internal</c>, and the services of Kubernetes.</summary>
    private static readonly string[] PrivateSuffixes = [".localhost", ".local", ".internal", ".svc"];

    private readonly HashSet<string> _allowed = new(StringComparer.Ordinal);
    private readonly bool _all;
    private readonly ILogger<HostPolicy> _logger;
    private readonly ReasonLog _logged;
    private readonly Lock _gate = new();
    private long _refused;

    public HostPolicy(ConnectionOptions options, TimeProvider time, ILogger<HostPolicy> logger)
    {
        _all = options.AllowedHosts is ["*"];
        _logger = logger;
        _logged = new ReasonLog(time);
        foreach (string host in options.AllowedHosts) _allowed.Add(host);
        foreach (string origin in options.AllowedOrigins)
        {
            if (WebOrigin.TryParse(origin, out WebOrigin page)) _allowed.Add(page.Authority.Host);
        }
    }

    /// <summary>Requests that were refused since the start. Any thread.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>
    /// True for an address, a name without a dot, a name that the public DNS cannot have, a name from the settings, and where the settings allow all. A request
    /// without <c>Host</c> passes too: a browser sends one with each request. Counts and logs a refusal.
    /// </summary>
    public bool Allows(HttpContext context)
    {
        // Not Request.Host, which decodes Punycode.
        string given = context.Request.Headers.Host.ToString();
        if (_all || given.Length == 0) return true;
        bool isRead = Authority.TryParse(given, out Authority authority);
        if (isRead && IsAllowed(authority)) return true;
        Interlocked.Increment(ref _refused);
        bool mayLog;
        lock (_gate) mayLog = _logged.MayLog("");
        if (mayLog) LogRefused(_logger, isRead ? authority.Host : "(unreadable)", Refused);
        return false;
    }

    private bool IsAllowed(Authority authority) =>
        authority.IsAddress
        || !authority.Host.Contains('.', StringComparison.Ordinal)
        || PrivateSuffixes.Any(suffix => authority.Host.EndsWith(suffix, StringComparison.Ordinal))
        || _allowed.Contains(authority.Host);

    [LoggerMessage(
        EventIds.HostRefused,
        LogLevel.Warning,
        "A request for the host {Host} was refused ({Refused} since the start). If that is a name of this relay, add it to CECELIA_ALLOWED_HOSTS; otherwise a page elsewhere may be trying DNS rebinding",
        EventName = nameof(EventIds.HostRefused))]
    private static partial void LogRefused(ILogger logger, string host, long refused);
}
