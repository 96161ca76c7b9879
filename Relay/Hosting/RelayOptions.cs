using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recording;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>The whole configuration. Valid if <see cref="SettingsReader"/> returned it without errors. Immutable.</summary>
internal sealed record RelayOptions
{
    /// <summary>TCP port. Default 5221; zero selects any free port.</summary>
    public int Port { get; init; } = 5221;

    /// <summary>
    /// Address to listen on: an IP address, <c>localhost</c>, <c>*</c> for all, or <c>unix:</c> with the path of a Unix socket. Default <c>*</c>.
    /// </summary>
    public string Bind { get; init; } = "*";

    /// <summary>The mode of the Unix socket's file. Default 660 (octal).</summary>
    public UnixFileMode SocketMode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>TCP port on which the administrative endpoints are served, and not on <see cref="Port"/>. Default zero: no such port.</summary>
    public int AdminPort { get; init; }

    /// <summary>Address to listen on with <see cref="AdminPort"/>, as <see cref="Bind"/>. Default empty: that of <see cref="Bind"/>.</summary>
    public string AdminBind { get; init; } = "";

    /// <summary>
    /// Path prefix of requests; requests without it are served too. It begins with a slash and does not end with one. Default empty: no prefix.
    /// </summary>
    public string PathBase { get; init; } = "";

    public TlsOptions Tls { get; init; } = new();

    public RedisOptions Redis { get; init; } = new();

    /// <summary>Passwords and certificates. <see cref="RedisOptions.Url"/> and <see cref="PostgresOptions.Url"/> include them after validation.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Access control of clients. Off by default.</summary>
    public TokenOptions Tokens { get; init; } = new();

    public RecoveryOptions Recovery { get; init; } = new();

    public PostgresOptions Postgres { get; init; } = new();

    public EventLimits Events { get; init; } = new();

    public IngestOptions Ingest { get; init; } = new();

    public JournalOptions Journal { get; init; } = new();

    public StateOptions State { get; init; } = new();

    public RecorderOptions Recorder { get; init; } = new();

    public FanoutOptions Fanout { get; init; } = new();

    public ConnectionOptions Connections { get; init; } = new();

    public CommandOptions Commands { get; init; } = new();

    /// <summary>The memory limit that the memory bounds were fitted into; <see cref="MemoryBounds.Unknown"/> if they were not.</summary>
    public MemoryBounds Memory { get; init; } = MemoryBounds.Unknown;
}
