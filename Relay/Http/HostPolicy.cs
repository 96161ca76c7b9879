using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Http;

/// <summary>
/// Decides whether a request's <c>Host</c> (<c>:authority</c> in HTTP/2) is a name of this relay. Without this check, the owner of <c>evil.example</c> could
/// point that name to the relay's address. A page of that name would then be of the same origin as the relay and could read everything and send commands (DNS
/// rebinding, CWE-350). Thread-safe.
/// </summary>
internal sealed partial class HostPolicy
{
    /// <summary>
    /// Domains below which no name can be registered in the public DNS: RFC 6761, RFC 6762, ICANN's <c>internal</c>, and the services of Kubernetes.
    /// </summary>
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

    /// <summary>Number of requests refused since the start. Any thread.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>
    /// Returns true for an address, a name without a dot, a name that cannot exist in the public DNS, and a name from the settings, or if the settings allow
    /// all. A request without <c>Host</c> is allowed too, because a browser always sends one. Counts and logs a refusal.
    /// </summary>
    public bool Allows(HttpContext context)
    {
        // Do not use Request.Host, which decodes Punycode.
        string header = context.Request.Headers.Host.ToString();
        if (_all || header.Length == 0) return true;
        bool isRead = Authority.TryParse(header, out Authority authority);
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
        "A request for the host {Host} was refused ({Refused} since the start). If this is a name of this relay, add it to "
            + "CECELIA_ALLOWED_HOSTS; otherwise a foreign page may be attempting DNS rebinding",
        EventName = nameof(EventIds.HostRefused))]
    private static partial void LogRefused(ILogger logger, string host, long refused);
}
