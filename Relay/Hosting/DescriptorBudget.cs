using System.Globalization;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Divides the limit of open files (<c>ulimit -n</c>) among what needs descriptors. Immutable.
/// <para>
/// With a limit of 1,500: 240 are the relay's own, 64 are the reserve, and 1,196 are left for sockets; 74 of those are for requests, so 1,122 may be connections.
/// </para>
/// </summary>
/// <param name="Limit">Descriptors that the process may have open.</param>
internal sealed record DescriptorBudget(long Limit)
{
    /// <summary>
    /// What the relay has open while it serves, without clients: two for each loaded assembly, its links to Redis, PostgreSQL and the collector of telemetry, the event
    /// queues of the runtime, the listening socket. A test compares it with a running relay.
    /// </summary>
    public const int Own = 240;

    /// <summary>The least that is left for clients' sockets. A limit that does not reach is refused.</summary>
    private const int LeastSockets = 4;

    private const int LeastReserve = 12;
    private const int MostReserve = 64;
    private const int LeastRequests = 2;
    private const int MostRequests = 256;

    /// <summary>
    /// What is kept free of clients' sockets: for new links to Redis and PostgreSQL while the old ones are not closed yet (six at most), for files that are read while
    /// serving (two), for the start of threads (two at once). Each thread takes two descriptors for a moment while it starts, and .NET ends the process with "Out of
    /// memory." when a thread of its pool cannot start, so the reserve must never be used up.
    /// </summary>
    public long Reserve => Math.Clamp((Limit - Own) / 8, LeastReserve, MostReserve);

    /// <summary>Most sockets of clients, whatever they carry.</summary>
    public long Sockets => Limit - Own - Reserve;

    /// <summary>The part of <see cref="Sockets"/> that connections cannot take, so that a request finds a place and is answered: with what it asks for, or with 503.</summary>
    public long Requests => Math.Clamp(Sockets / 16, LeastRequests, MostRequests);

    /// <summary>Most WebSocket connections and event streams.</summary>
    public long Connections => Sockets - Requests;

    private string Sum => string.Create(
        CultureInfo.InvariantCulture,
        $"{Limit} open files (ulimit -n) - {Own} for the relay itself - {Reserve} in reserve - {Requests} for requests = {Connections}");

    /// <summary>
    /// Fits <see cref="Connections.ConnectionOptions.MaxConnections"/> to <paramref name="limit"/>: a default, and "no limit", are lowered, which the notice says; a number that
    /// somebody set is a mistake where it does not fit.
    /// </summary>
    /// <param name="options">As read from the settings.</param>
    /// <param name="setBy">The name under which the number was set; null: it is the default.</param>
    /// <param name="limit">Null: the system has none.</param>
    public static (RelayOptions Options, string? Mistake, string? Notice) Fit(RelayOptions options, string? setBy, long? limit)
    {
        if (limit is null) return (options, null, null);
        var budget = new DescriptorBudget(limit.Value);
        if (budget.Sockets < LeastSockets)
        {
            string least = string.Create(CultureInfo.InvariantCulture, $"The limit of open files (ulimit -n) is {limit}, and the relay needs {Own + LeastReserve + LeastSockets} at least: raise it (ulimit -n, LimitNOFILE)");
            return (options, least, null);
        }

        int most = (int)Math.Min(budget.Connections, int.MaxValue);
        int given = options.Connections.MaxConnections;
        bool fits = given > 0 && given <= most;
        if (!fits && given > 0 && setBy is not null)
        {
            return (options, string.Create(CultureInfo.InvariantCulture, $"{setBy} is {given}, and no more than {most} fit: {budget.Sum}. Lower it, or raise the limit (ulimit -n, LimitNOFILE)"), null);
        }

        string? notice = fits || given == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"CECELIA_MAX_CONNECTIONS is lowered from {given} to {most}: {budget.Sum}");
        return (options with { Connections = options.Connections with { MaxConnections = fits ? given : most, MaxSockets = (int)Math.Min(budget.Sockets, int.MaxValue), DescriptorCeiling = limit.Value - budget.Reserve } }, null, notice);
    }
}
