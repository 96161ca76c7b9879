using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>The whole configuration, valid by construction when it comes from <see cref="SettingsReader"/>. Immutable.</summary>
internal sealed record RelayOptions
{
    /// <summary>TCP port. Default 5221; zero takes any free port.</summary>
    public int Port { get; init; } = 5221;

    /// <summary>Address to listen on: an IP address, <c>localhost</c>, or <c>*</c> for all. Default <c>*</c>.</summary>
    public string Bind { get; init; } = "*";

    /// <summary>Path below which everything is served, as well as without it; it begins with a slash and does not end in one. Default empty: there is none.</summary>
    public string PathBase { get; init; } = "";

    public TlsOptions Tls { get; init; } = new();

    public RedisOptions Redis { get; init; } = new();

    /// <summary>Part of <see cref="RedisOptions.Url"/> and <see cref="PostgresOptions.Url"/>, once these are complete.</summary>
    public AccessOptions Access { get; init; } = new();

    public RecoveryOptions Recovery { get; init; } = new();

    public PostgresOptions Postgres { get; init; } = new();

    public EventLimits Events { get; init; } = new();

    public IngestOptions Ingest { get; init; } = new();

    public JournalOptions Journal { get; init; } = new();

    public StateOptions State { get; init; } = new();

    public FanoutOptions Fanout { get; init; } = new();

    public ConnectionOptions Connections { get; init; } = new();

    public CommandOptions Commands { get; init; } = new();

    /// <summary>What the memory bounds above were fitted into; unknown when they were not.</summary>
    public MemoryBounds Memory { get; init; } = MemoryBounds.Unknown;
}
