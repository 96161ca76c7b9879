using System.Globalization;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Divides the limit of open files (<c>ulimit -n</c>) between the uses of descriptors. Immutable.
/// <para>
/// Example: with a limit of 1,500, the relay itself uses 240, the reserve is 64, and 1,196 are left for sockets. Of those, 74 are for requests, which leaves
/// 1,122 connections.
/// </para>
/// </summary>
/// <param name="Limit">Maximum number of open descriptors of the process.</param>
internal sealed record DescriptorBudget(long Limit)
{
    /// <summary>
    /// Descriptors that the relay has open while it serves, without clients: two for each loaded assembly, the connections to Redis, PostgreSQL and the
    /// telemetry collector, the event queues of the runtime, and the listening socket. A test compares this with a running relay.
    /// </summary>
    public const int Own = 240;

    /// <summary>Minimum number of clients' sockets. A limit that leaves fewer is refused.</summary>
    private const int MinSockets = 4;

    private const int MinReserve = 12;
    private const int MaxReserve = 64;
    private const int MinRequests = 2;
    private const int MaxRequests = 256;

    /// <summary>
    /// Descriptors that clients' sockets do not use: for new connections to Redis and PostgreSQL while the old ones are not closed yet (at most six), for
    /// files that are read while serving (two), and for the start of threads (two at a time). A thread needs two descriptors for a moment while it starts,
    /// and .NET ends the process with "Out of memory." if a pool thread cannot start, so the reserve must never be used up.
    /// </summary>
    public long Reserve => Math.Clamp((Limit - Own) / 8, MinReserve, MaxReserve);

    /// <summary>Maximum number of clients' sockets of any kind.</summary>
    public long Sockets => Limit - Own - Reserve;

    /// <summary>The part of <see cref="Sockets"/> that connections cannot use, so that any request gets a response, if only 503.</summary>
    public long Requests => Math.Clamp(Sockets / 16, MinRequests, MaxRequests);

    /// <summary>Maximum number of WebSocket connections and event streams.</summary>
    public long Connections => Sockets - Requests;

    private string Sum => string.Create(
        CultureInfo.InvariantCulture,
        $"{Limit} open files (ulimit -n) - {Own} for the relay itself - {Reserve} in reserve - {Requests} for requests = {Connections}");

    /// <summary>
    /// Fits <see cref="Connections.ConnectionOptions.MaxConnections"/> to <paramref name="limit"/>. A default, or "no limit", is lowered with a notice; a
    /// number that was set and does not fit is an error.
    /// </summary>
    /// <param name="options">As read from the settings.</param>
    /// <param name="setBy">The name under which the number was set; null if it is the default.</param>
    /// <param name="limit">The limit of open files; null if there is none.</param>
    public static (RelayOptions Options, string? Error, string? Notice) Fit(RelayOptions options, string? setBy, long? limit)
    {
        if (limit is null) return (options, null, null);
        var budget = new DescriptorBudget(limit.Value);
        if (budget.Sockets < MinSockets)
        {
            string tooLow = string.Create(
                CultureInfo.InvariantCulture,
                $"The limit of open files (ulimit -n) is {limit}, but the relay needs at least {Own + MinReserve + MinSockets}. Raise it "
                    + $"(ulimit -n, LimitNOFILE)");
            return (options, tooLow, null);
        }

        int max = (int)Math.Min(budget.Connections, int.MaxValue);
        int configured = options.Connections.MaxConnections;
        bool fits = configured > 0 && configured <= max;
        if (!fits && configured > 0 && setBy is not null)
        {
            return (
                options,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{setBy} is {configured}, but at most {max} connections fit: {budget.Sum}. Lower it, or raise the limit (ulimit -n, LimitNOFILE)"),
                null);
        }

        string? notice = fits || configured == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"CECELIA_MAX_CONNECTIONS was lowered from {configured} to {max}: {budget.Sum}");
        return (
            options with
            {
                Connections = options.Connections with
                {
                    MaxConnections = fits ? configured : max,
                    MaxSockets = (int)Math.Min(budget.Sockets, int.MaxValue),
                    DescriptorCeiling = limit.Value - budget.Reserve,
                },
            },
            null,
            notice);
    }
}
