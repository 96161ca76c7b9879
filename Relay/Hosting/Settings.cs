using System.Buffers;
using System.Net;
using System.Text;
using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Http;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>All settings of the relay, in the order of the tables in deploy/CONFIGURATION.md. A new setting needs one entry here and one row there.</summary>
internal static class Settings
{
    private static readonly SearchValues<char> NotInPrefix = SearchValues.Create("*?[]\\ \t\r\n");

    private static readonly Setting[] Values =
    [
        new("WS_PORT", "TCP port", "any free port", "Port for WebSocket, state, health and metrics.",
            (o, t) => o with { Port = Setting.ParseInt(t, 0, 65535) },
            o => Setting.Text(o.Port)),
        new("WS_BIND", "IP address, localhost, * or unix:PATH", "-",
            "Address to listen on; * is every address of the machine. unix:/run/cecelia.sock is a Unix socket, without CECELIA_WS_PORT.",
            (o, t) => o with { Bind = ListenAddress.Parse(t) },
            o => o.Bind),
        new("WS_SOCKET_MODE", "octal file mode", "-", "File mode of the Unix socket, which decides who may connect. 666 allows every user of the machine.",
            (o, t) => o with { SocketMode = ListenAddress.ParseMode(t) },
            o => Convert.ToString((int)o.SocketMode, 8)),
        new("SOCKETS", "kestrel or epoll", "-",
            "Transport of connections without TLS. epoll, only on Linux, takes a tenth of the memory for an idle client. Default elsewhere: kestrel.",
            (o, t) => o with { Connections = o.Connections with { Sockets = ListenAddress.ParseTransport(t) } },
            o => o.Connections.Sockets == SocketTransport.Epoll ? "epoll" : "kestrel"),
        new("ADMIN_PORT", "TCP port", "on the port of the clients",
            "Port for /metrics, /api/v1/refused and other administrative endpoints, which then get 404 on CECELIA_WS_PORT. Serves everything else too.",
            (o, t) => o with { AdminPort = Setting.ParseInt(t, 0, 65535) },
            o => Setting.Text(o.AdminPort)),
        new("ADMIN_BIND", "IP address, localhost or *", "empty: as CECELIA_WS_BIND", "Address to listen on with CECELIA_ADMIN_PORT.",
            (o, t) => o with { AdminBind = t.Length == 0 ? "" : ListenAddress.ParseHost(t) },
            o => o.AdminBind),
        new("WS_ENABLED", "true or false", "all are refused with 503",
            "Accept WebSocket connections and event streams. State, health and metrics are always served.",
            (o, t) => o with { Connections = o.Connections with { Enabled = Setting.ParseBool(t) } },
            o => Setting.Text(o.Connections.Enabled)),
        new("PATH_BASE", "path", "empty: none", "Path prefix that a proxy leaves on requests, such as /relay. Requests without it are served too.",
            (o, t) => o with { PathBase = PathBase.Parse(t) },
            o => o.PathBase),
        new("TLS_CERTIFICATE", "PEM file", "empty: no TLS", "Certificate with its chain. Enables wss:// and https://, including HTTP/2.",
            (o, t) => o with { Tls = o.Tls with { CertificateFile = t } },
            o => o.Tls.CertificateFile),
        new("TLS_KEY", "PEM file", "empty: in the certificate's file", "Private key of the certificate.",
            (o, t) => o with { Tls = o.Tls with { KeyFile = t } },
            o => o.Tls.KeyFile),
        new("CERTIFICATE_WARNING_DAYS", "days", "only when it has expired",
            "How long before a certificate expires /readyz warns; also for the client certificate for Redis.",
            (o, t) => o with { Connections = o.Connections with { CertificateWarning = TimeSpan.FromDays(Setting.ParseInt(t, 0, 3650)) } },
            o => Setting.Text((int)o.Connections.CertificateWarning.TotalDays)),
        new("REDIS_URL", "redis:// or rediss:// URL", "empty: local or embedded",
            "Redis to subscribe to: redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DATABASE]; rediss:// for TLS.",
            (o, t) => o with { Redis = o.Redis with { Url = ParseRedisUrl(t) } },
            o => o.Redis.Url?.Masked ?? "") { IsSecret = true },
        new("REDIS_PASSWORD", "text", "empty: in the URL, or none", "Password of Redis, not percent-encoded, if the URL has none: redis://[USER@]HOST.",
            (o, t) => o with { Access = o.Access with { RedisPassword = t } },
            o => Setting.Mask(o.Access.RedisPassword)) { IsSecret = true },
        new("REDIS_CA", "PEM file", "empty: the system's roots",
            "Trusted root certificates for rediss://, in place of the system's. Same as ca=FILE in the URL.",
            (o, t) => o with { Access = o.Access with { RedisCaFile = t } },
            o => o.Access.RedisCaFile),
        new("REDIS_CERTIFICATE", "PEM file", "empty: none", "Client certificate with its chain for rediss://. Same as cert=FILE in the URL.",
            (o, t) => o with { Access = o.Access with { RedisCertificateFile = t } },
            o => o.Access.RedisCertificateFile),
        new("REDIS_CERTIFICATE_KEY", "PEM file", "empty: in the certificate's file", "Private key of the client certificate. Same as key=FILE in the URL.",
            (o, t) => o with { Access = o.Access with { RedisKeyFile = t } },
            o => o.Access.RedisKeyFile),
        new("REDIS_SENTINEL", "name", "empty: no Sentinels",
            "Name of the master that Redis Sentinels monitor, such as mymaster. The hosts of CECELIA_REDIS_URL are then the Sentinels (default "
                + "port 26379); the rest of the URL applies to the Redis nodes.",
            (o, t) => o with { Redis = o.Redis with { SentinelMaster = ParseMaster(t) } },
            o => o.Redis.SentinelMaster),
        new("REDIS_SENTINEL_PASSWORD", "text", "empty: none",
            "Password of the Sentinels. The password of the Redis nodes is in CECELIA_REDIS_URL or CECELIA_REDIS_PASSWORD.",
            (o, t) => o with { Redis = o.Redis with { SentinelPassword = t } },
            o => Setting.Mask(o.Redis.SentinelPassword)) { IsSecret = true },
        new("CHANNEL_PREFIX", "text", "no prefix", "Prefix of all channel names.",
            (o, t) => o with { Redis = o.Redis with { ChannelPrefix = ParsePrefix(t) } },
            o => o.Redis.ChannelPrefix),
        new("STREAM_KEY", "name of a key", "empty: no stream",
            "Redis Stream to which publishers also append their events. The relay reads it after an outage.",
            (o, t) => o with { Redis = o.Redis with { StreamKey = t } },
            o => o.Redis.StreamKey),
        new("HANDOFF_BYTES", "bytes", "nothing is handed over", "Maximum size of the history that one instance hands to another through Redis.",
            (o, t) => o with { Recovery = o.Recovery with { HandoffBytes = Setting.ParseLong(t, 0, 512L << 20) } },
            o => Setting.Text(o.Recovery.HandoffBytes)),
        new("HANDOFF_WAIT_SECONDS", "seconds", "never ready without it",
            "How long a starting instance stays not ready while it cannot load the state of another instance or the copy in Redis.",
            (o, t) => o with { Recovery = o.Recovery with { HandoffWait = Setting.ParseSeconds(t, 0, 86_400) } },
            o => Setting.Text(o.Recovery.HandoffWait)),
        new("PG_URL", "postgresql:// URL", "empty: no bridge",
            "PostgreSQL whose table runs is published: postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?sslmode=MODE].",
            (o, t) => o with { Postgres = o.Postgres with { Url = ParsePostgresUrl(t) } },
            o => o.Postgres.Url?.Masked ?? "") { IsSecret = true },
        new("PG_PASSWORD", "text", "empty: in the URL, or none", "Password of PostgreSQL, not percent-encoded, if the URL has none.",
            (o, t) => o with { Access = o.Access with { PostgresPassword = t } },
            o => Setting.Mask(o.Access.PostgresPassword)) { IsSecret = true },
        new("ALLOWED_ORIGINS", "comma-separated list of origins", "own host and loopback only",
            "Additional origins from which browsers may connect. A single * allows all.",
            (o, t) => o with { Connections = o.Connections with { AllowedOrigins = ParseOrigins(t) } },
            o => string.Join(',', o.Connections.AllowedOrigins)),
        new("ORIGIN_ANY_PORT", "true or false", "same host and port only", "Allow pages of the relay's own host, or of loopback, from any port.",
            (o, t) => o with { Connections = o.Connections with { OriginAnyPort = Setting.ParseBool(t) } },
            o => Setting.Text(o.Connections.OriginAnyPort)),
        new("ALLOWED_HOSTS", "comma-separated list of host names", "private names and addresses only",
            "Public host names of the relay. Requests for other names get 421. A single * allows all.",
            (o, t) => o with { Connections = o.Connections with { AllowedHosts = ParseHosts(t) } },
            o => string.Join(',', o.Connections.AllowedHosts)),
        new("JWT_KEYS", "file or https:// URL", "empty: no access control",
            "Keys that tokens are checked with: a JSON Web Key Set, or a file with PEM public keys. Turns access control on.",
            (o, t) => o with { Tokens = o.Tokens with { Keys = t } },
            o => o.Tokens.Keys),
        new("JWT_ISSUER", "text", "empty: not checked", "Issuer (iss) of the tokens. Set it if the same keys sign tokens of other issuers.",
            (o, t) => o with { Tokens = o.Tokens with { Issuer = t } },
            o => o.Tokens.Issuer),
        new("JWT_AUDIENCE", "text", "not allowed", "Audience (aud) that a token must have.",
            (o, t) => o with { Tokens = o.Tokens with { Audience = t } },
            o => o.Tokens.Audience),
        new("JWT_CLAIM", "name", "empty: the token itself", "Claim that has the rights.",
            (o, t) => o with { Tokens = o.Tokens with { Claim = t } },
            o => o.Tokens.Claim),
        new("JWT_CLAIM_MEMBERS", "comma-separated list of six names", "not allowed",
            "Names of the claim's members: those for projects, executions, events, commands, role and shared, in this order.",
            (o, t) => o with { Tokens = o.Tokens with { Members = RightsMembers.Parse(t) } },
            o => o.Tokens.Members.ToString()),
        new("JWT_USER_CLAIM", "name", "not allowed", "Claim that names the user, who is passed to Brain with commands.",
            (o, t) => o with { Tokens = o.Tokens with { UserClaim = t.Length > 0 ? t : throw new FormatException("must not be empty") } },
            o => o.Tokens.UserClaim),
        new("JWT_CLOCK_SKEW_SECONDS", "seconds", "none", "Tolerated difference between the clocks of the relay and the issuer of tokens.",
            (o, t) => o with { Tokens = o.Tokens with { ClockSkew = Setting.ParseSeconds(t, 0, 600) } },
            o => Setting.Text(o.Tokens.ClockSkew)),
        new("MAX_CONNECTIONS", "connections", "limited only by open files",
            "Maximum number of WebSocket connections and event streams. Further ones get 503 with Retry-After.",
            (o, t) => o with { Connections = o.Connections with { MaxConnections = Setting.ParseInt(t, 0, 10_000_000) } },
            o => Setting.Text(o.Connections.MaxConnections)),
        new("TRUSTED_PROXIES", "comma-separated list of addresses and networks", "none",
            "Proxies whose X-Forwarded-For header is trusted for the client's address.",
            (o, t) => o with { Connections = o.Connections with { TrustedProxies = ParseNetworks(t) } },
            o => string.Join(',', o.Connections.TrustedProxies)),
        new("PROXY_PROTOCOL", "true or false", "plain connections",
            "Expect a PROXY protocol header (version 1 or 2) on every connection from a trusted proxy.",
            (o, t) => o with { Connections = o.Connections with { ProxyProtocol = Setting.ParseBool(t) } },
            o => Setting.Text(o.Connections.ProxyProtocol)),
        new("MAX_CONNECTIONS_PER_ADDRESS", "connections", "no limit", "Maximum number of connections from one address; for IPv6, from one /64 network.",
            (o, t) => o with { Connections = o.Connections with { MaxConnectionsPerAddress = Setting.ParseInt(t, 0, 10_000_000) } },
            o => Setting.Text(o.Connections.MaxConnectionsPerAddress)),
        new("MAX_REQUESTS_PER_ADDRESS", "requests per second", "no limit",
            "Maximum rate of HTTP requests from one address, over 10 s; for IPv6, from one /64 network. More get 429. Connections and probes do not count.",
            (o, t) => o with { Connections = o.Connections with { MaxRequestsPerAddress = Setting.ParseInt(t, 0, 1_000_000) } },
            o => Setting.Text(o.Connections.MaxRequestsPerAddress)),
        new("PING_INTERVAL_SECONDS", "seconds", "no pings", "Interval between pings. A connection that is silent for two intervals is closed.",
            (o, t) => o with { Connections = o.Connections with { PingInterval = Setting.ParseSeconds(t, 0, 86_400) } },
            o => Setting.Text(o.Connections.PingInterval)),
        new("MAX_MESSAGE_BYTES", "bytes", "not allowed", "Maximum size of a message from a client. A larger one closes the connection with 1009.",
            (o, t) => o with { Connections = o.Connections with { MaxMessageBytes = Setting.ParseInt(t, 125, 64 * 1024 * 1024) } },
            o => Setting.Text(o.Connections.MaxMessageBytes)),
        new("MAX_MESSAGES_PER_SECOND", "messages and control frames", "no limit",
            "Maximum number of messages from a client per second. More closes the connection with 1008.",
            (o, t) => o with { Connections = o.Connections with { MaxMessagesPerSecond = Setting.ParseInt(t, 0, 1_000_000) } },
            o => Setting.Text(o.Connections.MaxMessagesPerSecond)),
        new("MAX_FRAGMENTS", "frames", "not allowed", "Maximum number of fragments in a message from a client. More closes the connection with 1008.",
            (o, t) => o with { Connections = o.Connections with { MaxFragments = Setting.ParseInt(t, 1, 1_000_000) } },
            o => Setting.Text(o.Connections.MaxFragments)),
        new("MESSAGE_TIMEOUT_SECONDS", "seconds", "not allowed",
            "Maximum time for a message from a client, from its first byte to its last. Longer closes the connection with 1008.",
            (o, t) => o with { Connections = o.Connections with { MessageTimeout = Setting.ParseSeconds(t, 0.1, 86_400) } },
            o => Setting.Text(o.Connections.MessageTimeout)),
        new("UNKNOWN_EXECUTION_SECONDS", "seconds", "no error", "Delay after which the client of an unknown execution gets an error.",
            (o, t) => o with { Connections = o.Connections with { UnknownExecution = Setting.ParseSeconds(t, 0, 86_400) } },
            o => Setting.Text(o.Connections.UnknownExecution)),
        new("HANDSHAKE_TIMEOUT_SECONDS", "seconds", "not allowed", "Maximum time for a client to complete TLS and to send its request headers.",
            (o, t) => o with { Connections = o.Connections with { HandshakeTimeout = Setting.ParseSeconds(t, 0.1, 600) } },
            o => Setting.Text(o.Connections.HandshakeTimeout)),
        new("CLOSE_TIMEOUT_SECONDS", "seconds", "not allowed",
            "How long the relay waits for the answer to its close frame, or for the client to read the end of its stream.",
            (o, t) => o with { Connections = o.Connections with { CloseTimeout = Setting.ParseSeconds(t, 0.1, 600) } },
            o => Setting.Text(o.Connections.CloseTimeout)),
        new("MAX_CONNECTION_AGE_SECONDS", "seconds", "never", "Maximum age of a connection, less up to a fifth at random. The client is asked to reconnect.",
            (o, t) => o with { Connections = o.Connections with { MaxAge = Setting.ParseSeconds(t, 0, 31_536_000) } },
            o => Setting.Text(o.Connections.MaxAge)),
        new("DRAIN_DELAY_SECONDS", "seconds", "close at once", "How long a shutdown keeps serving, not ready, before it closes connections.",
            (o, t) => o with { Connections = o.Connections with { DrainDelay = Setting.ParseSeconds(t, 0, 3600) } },
            o => Setting.Text(o.Connections.DrainDelay)),
        new("DRAIN_WINDOW_SECONDS", "seconds", "all at once", "Time over which a shutdown spreads the closing of connections.",
            (o, t) => o with { Connections = o.Connections with { DrainWindow = Setting.ParseSeconds(t, 0, 3600) } },
            o => Setting.Text(o.Connections.DrainWindow)),
        new("SHUTDOWN_GRACE_SECONDS", "seconds", "connections are aborted at once", "Maximum time to close connections in a shutdown, after the delay.",
            (o, t) => o with { Connections = o.Connections with { ShutdownGrace = Setting.ParseSeconds(t, 0, 3600) } },
            o => Setting.Text(o.Connections.ShutdownGrace)),
        new("COMMANDS", "true or false", "every command is refused", "Allow clients to send commands to Brain.",
            (o, t) => o with { Commands = o.Commands with { Enabled = Setting.ParseBool(t) } },
            o => Setting.Text(o.Commands.Enabled)),
        new("COMMAND_NAMES", "comma-separated list of names", "no command is allowed",
            "Commands that clients may send. A single * allows all. Unless it is set, boards may also send the 13 commands of TaskTree.",
            (o, t) => o with { Commands = o.Commands with { Names = ParseCommandNames(t), BoardNames = ParseCommandNames(t) } },
            o => string.Join(',', o.Commands.Names)),
        new("MAX_COMMAND_BYTES", "bytes", "not allowed", "Maximum size of a command. A larger one is refused.",
            (o, t) => o with { Commands = o.Commands with { MaxBytes = Setting.ParseInt(t, 64, 64 * 1024 * 1024) } },
            o => Setting.Text(o.Commands.MaxBytes)),
        new("MAX_COMMANDS_PER_SECOND", "commands", "no limit", "Maximum number of commands of a connection per second. More are refused.",
            (o, t) => o with { Commands = o.Commands with { MaxPerSecond = Setting.ParseInt(t, 0, 1_000_000) } },
            o => Setting.Text(o.Commands.MaxPerSecond)),
        new("USER_HEADER", "name of a header", "empty: users are not named",
            "Request header with the user's name for Brain. Use it only behind a proxy that sets it on every request.",
            (o, t) => o with { Commands = o.Commands with { UserHeader = ParseHeader(t) } },
            o => o.Commands.UserHeader),
        new("AUDIT", "true or false", "no lines", "Write a log line for each command: user, address, name, id, project and outcome.",
            (o, t) => o with { Commands = o.Commands with { Audit = Setting.ParseBool(t) } },
            o => Setting.Text(o.Commands.Audit)),
        new("AUDIT_DATA", "true or false", "data is not written", "Also write the first 1,024 bytes of the command's data to that line.",
            (o, t) => o with { Commands = o.Commands with { AuditData = Setting.ParseBool(t) } },
            o => Setting.Text(o.Commands.AuditData)),
        new("AUDIT_MAX_PER_SECOND", "lines", "no limit", "Maximum number of those lines per second. Further ones are omitted and counted.",
            (o, t) => o with { Commands = o.Commands with { AuditMaxPerSecond = Setting.ParseInt(t, 0, 1_000_000) } },
            o => Setting.Text(o.Commands.AuditMaxPerSecond)),
        new("MAX_EVENT_BYTES", "bytes", "not allowed", "Maximum size of a payload from Redis. A larger one is refused.",
            (o, t) => o with { Events = o.Events with { MaxBytes = Setting.ParseInt(t, 64, 16 * 1024 * 1024) } },
            o => Setting.Text(o.Events.MaxBytes)),
        new("MAX_EVENT_DEPTH", "levels", "not allowed", "Maximum nesting depth of a payload from Redis. A deeper one is refused.",
            (o, t) => o with { Events = o.Events with { MaxDepth = Setting.ParseInt(t, 2, 512) } },
            o => Setting.Text(o.Events.MaxDepth)),
        new("INGEST_QUEUE_BYTES", "bytes", "not allowed", "Maximum size of the payloads that wait to be decoded. Further ones are dropped and counted.",
            (o, t) => o with { Ingest = o.Ingest with { QueueBytes = Setting.ParseLong(t, 64 * 1024, 16L << 30) } },
            o => Setting.Text(o.Ingest.QueueBytes)),
        new("REFUSED_KEPT", "payloads", "keep none", "Number of refused payloads kept for GET /api/v1/refused.",
            (o, t) => o with { Ingest = o.Ingest with { RefusedKept = Setting.ParseInt(t, 0, 100_000) } },
            o => Setting.Text(o.Ingest.RefusedKept)),
        new("JOURNAL_BYTES", "bytes", "not allowed",
            "Maximum size of the events kept for clients that reconnect (three quarters), and of undo copies, which show earlier states (a quarter).",
            (o, t) => o with { Journal = o.Journal with { Bytes = Setting.ParseInt(t, 1024 * 1024, 1 << 30) } },
            o => Setting.Text(o.Journal.Bytes)),
        new("JOURNAL_EVENTS", "events", "not allowed", "Maximum number of events kept for clients that reconnect.",
            (o, t) => o with { Journal = o.Journal with { Events = Setting.ParseInt(t, 16, 16_777_216) } },
            o => Setting.Text(o.Journal.Events)),
        new("JOURNAL_AGE_SECONDS", "seconds", "no bound by age", "Maximum age of events kept for clients that reconnect.",
            (o, t) => o with { Journal = o.Journal with { Age = Setting.ParseSeconds(t, 0, 86_400) } },
            o => Setting.Text(o.Journal.Age)),
        new("STATE_ENTITIES", "tasks, executions, …", "not allowed", "Maximum number of entities in the state.",
            (o, t) => o with { State = o.State with { MaxEntities = Setting.ParseInt(t, 1, 10_000_000) } },
            o => Setting.Text(o.State.MaxEntities)),
        new("STATE_BYTES", "bytes", "not allowed", "Maximum memory of the state.",
            (o, t) => o with { State = o.State with { MaxBytes = Setting.ParseLong(t, 64 * 1024, 1L << 30) } },
            o => Setting.Text(o.State.MaxBytes)),
        new("STATE_TERMINAL_SECONDS", "seconds", "until the space is needed", "How long finished entities stay in the state.",
            (o, t) => o with { State = o.State with { TerminalKept = Setting.ParseSeconds(t, 0, 31_536_000) } },
            o => Setting.Text(o.State.TerminalKept)),
        new("SILENT_AFTER_SECONDS", "seconds", "nothing is silent",
            "How long a running task or execution may be without an event before it is shown as silent.",
            (o, t) => o with { State = o.State with { SilentAfter = Setting.ParseSeconds(t, 0, 31_536_000) } },
            o => Setting.Text(o.State.SilentAfter)),
        new("RECORDER_BYTES", "bytes", "nothing is recorded",
            "Memory of the flight recorder, which answers why a client received an event or did not.",
            (o, t) => o with { Recorder = o.Recorder with { Bytes = ParseRecorderBytes(t) } },
            o => Setting.Text(o.Recorder.Bytes)),
        new("SNAPSHOT_BYTES", "bytes", "not allowed", "Maximum size of all snapshots being sent. Beyond it, clients are asked to retry.",
            (o, t) => o with { Fanout = o.Fanout with { SnapshotBytes = Setting.ParseLong(t, 64 * 1024, 16L << 30) } },
            o => Setting.Text(o.Fanout.SnapshotBytes)),
        new("FILTER_BYTES", "bytes", "not allowed", "Maximum memory of all filters. Beyond it, a client with a new filter gets 503.",
            (o, t) => o with { Fanout = o.Fanout with { FilterBytes = Setting.ParseLong(t, 64 * 1024, 16L << 30) } },
            o => Setting.Text(o.Fanout.FilterBytes)),
        new("OUTBOUND_BUFFER_BYTES", "bytes", "not allowed",
            "Maximum size of the outbound buffer of one view. A client that is further behind receives a snapshot.",
            (o, t) => o with { Fanout = o.Fanout with { BufferBytes = Setting.ParseLong(t, 64 * 1024, 16L << 30) } },
            o => Setting.Text(o.Fanout.BufferBytes)),
        new("OUTBOUND_BUFFER_EVENTS", "events", "not allowed", "Maximum number of events in the outbound buffer of one view.",
            (o, t) => o with { Fanout = o.Fanout with { BufferEvents = Setting.ParseInt(t, 16, 100_000_000) } },
            o => Setting.Text(o.Fanout.BufferEvents)),
        new("OUTBOUND_BUFFER_AGE_SECONDS", "seconds", "no bound by age", "Maximum age of the events in an outbound buffer.",
            (o, t) => o with { Fanout = o.Fanout with { BufferAge = Setting.ParseSeconds(t, 0, 86_400) } },
            o => Setting.Text(o.Fanout.BufferAge)),
        new("OUTBOUND_BUFFER_TOTAL_BYTES", "bytes", "not allowed",
            "Maximum size of all outbound buffers. Beyond it, each buffer keeps only the segment being written.",
            (o, t) => o with { Fanout = o.Fanout with { TotalBufferBytes = Setting.ParseLong(t, 1024 * 1024, 64L << 30) } },
            o => Setting.Text(o.Fanout.TotalBufferBytes)),
        new("COMPRESSION", "true or false", "never compressed", "Accept permessage-deflate from clients that offer it.",
            (o, t) => o with { Connections = o.Connections with { Compression = Setting.ParseBool(t) } },
            o => Setting.Text(o.Connections.Compression)),
        new("COMPRESSION_MIN_BYTES", "bytes", "every message is compressed", "Minimum size of a message that is compressed.",
            (o, t) => o with { Fanout = o.Fanout with { CompressionMinBytes = Setting.ParseInt(t, 0, 16 * 1024 * 1024) } },
            o => Setting.Text(o.Fanout.CompressionMinBytes)),
        new("TRACE_RATIO", "0 to 1", "no traces",
            "Share of the traces sampled by publishers (traceparent) that are continued as spans and exemplars; the same ones at every instance.",
            (o, t) => o with { Fanout = o.Fanout with { TraceRatio = Setting.ParseShare(t) } },
            o => Setting.Text(o.Fanout.TraceRatio)),
        new("PUMP_THREADS", "threads", "cores − 1, at least one", "Number of threads that send to clients.",
            (o, t) => o with { Fanout = o.Fanout with { PumpThreads = Setting.ParseInt(t, 0, 256) } },
            o => Setting.Text(o.Fanout.PumpThreads)),
        new("SEND_TIMEOUT_SECONDS", "seconds", "not allowed", "How long a client may accept no data before its connection is closed.",
            (o, t) => o with { Fanout = o.Fanout with { SendTimeout = Setting.ParseSeconds(t, 0.1, 3600) } },
            o => Setting.Text(o.Fanout.SendTimeout)),
        new("SEND_BUFFER_BYTES", "bytes", "operating system default", "Size of the kernel's send buffer for a client's socket.",
            (o, t) => o with { Fanout = o.Fanout with { SendBufferBytes = Setting.ParseInt(t, 0, 64 * 1024 * 1024) } },
            o => Setting.Text(o.Fanout.SendBufferBytes)),
    ];

    /// <summary>All settings, in the order of the tables in deploy/CONFIGURATION.md. Each secret is followed by the setting for its file.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. Values.SelectMany(setting => setting.IsSecret ? (Setting[])[setting, Setting.InFile(setting)] : [setting]),
    ];

    /// <summary>Returns the setting for a secret's file, or the secret of such a setting; null for other settings.</summary>
    public static Setting? CounterpartOf(Setting setting) =>
        setting.IsSecret ? All.Single(other => other.FileOf == setting.Name) : setting.FileOf is { } secret ? All.Single(other => other.Name == secret) : null;

    private static long ParseRecorderBytes(string text)
    {
        long bytes = Setting.ParseLong(text, 0, 1L << 30);
        return bytes is 0 or >= 1024 * 1024 ? bytes : throw new FormatException("must be 0, or at least 1048576");
    }

    private static string[] ParseCommandNames(string text)
    {
        string[] names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names is ["*"]) return names;
        foreach (string name in names)
        {
            if (name is "ping" or "hello" or "token") throw new FormatException($"must not list {name}, which the relay answers itself");
            if (name.Contains('*') || name.Any(char.IsControl) || Encoding.UTF8.GetByteCount(name) > CommandOptions.NameBytes)
                throw new FormatException($"must list names of 1 to {CommandOptions.NameBytes} bytes, or be a single *, not '{name}'");
        }

        return names;
    }

    private static string ParseHeader(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c))
            ? text
            : throw new FormatException($"must be a valid header name, not '{text}'");

    private static RedisUrl? ParseRedisUrl(string text)
    {
        if (text.Length == 0) return null;
        return RedisUrl.TryParse(text, out RedisUrl? url, out string? error, passwordApart: true) ? url : throw new FormatException(error);
    }

    /// <summary>Accepts the characters that Sentinel allows in a name.</summary>
    private static string ParseMaster(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? text : throw new FormatException(
            $"must be the name of a master in the Sentinels' configuration (letters, digits, dots, hyphens, underscores), not '{text}'");

    private static PostgresUrl? ParsePostgresUrl(string text)
    {
        if (text.Length == 0) return null;
        return PostgresUrl.TryParse(text, out PostgresUrl? url, out string? error) ? url : throw new FormatException(error);
    }

    private static string ParsePrefix(string text) =>
        text.AsSpan().IndexOfAny(NotInPrefix) < 0
            ? text
            : throw new FormatException("must not contain white space or any of * ? [ ] \\, which are special in Redis patterns");

    private static string[] ParseHosts(string text)
    {
        string[] hosts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return hosts is ["*"] ? hosts : [.. hosts.Select(ParseHost)];
    }

    private static string ParseHost(string text) =>
        Authority.TryParse(WebOrigin.ToAscii(text), out Authority authority) && authority.Port is null
            ? authority.Host
            : throw new FormatException($"must list host names such as relay.example.com (no scheme, port or path), or be a single *, not '{text}'");

    private static IPNetwork[] ParseNetworks(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseNetwork)];

    private static IPNetwork ParseNetwork(string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? address)) return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(text, out IPNetwork network)
            ? network
            : throw new FormatException($"must list addresses and networks such as 10.0.0.7, 10.0.0.0/8 or fd00::/8, not '{text}'");
    }

    private static string[] ParseOrigins(string text)
    {
        string[] origins = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (origins is ["*"]) return origins;
        return [.. origins.Select(ParseOrigin)];
    }

    private static string ParseOrigin(string text) =>
        WebOrigin.TryParseWritten(text, out WebOrigin origin) && origin.Scheme != "file"
            ? origin.ToString()
            : throw new FormatException(
                $"must list origins such as https://host, http://host:8080 or tauri://localhost (no path, no trailing slash), or be a single *, not '{text}'");
}
