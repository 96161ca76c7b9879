namespace Cecelia.Relay.Telemetry;

/// <summary>The ids of all log events, in one place so that they are unique. Once released, an id keeps its meaning.</summary>
internal static class EventIds
{
    // Hosting 1000-1049
    public const int Started = 1000;
    public const int UnknownSetting = 1004;
    public const int CannotListen = 1005;
    public const int Ready = 1006;
    public const int MemoryBounds = 1007;
    public const int DutyFailed = 1010;
    public const int Fatal = 1011;
    public const int DutyFailedWhileStopping = 1012;
    public const int CertificateReloaded = 1020;
    public const int CertificateReloadFailed = 1021;
    public const int NothingToReload = 1022;

    // Telemetry 1050-1099
    public const int TelemetrySent = 1050;
    public const int TelemetryIgnored = 1051;
    public const int TelemetryFailed = 1052;
    public const int TelemetryUnsent = 1053;

    // Redis, Recovery and Commands 1100-1149
    public const int RedisSubscribed = 1100;
    public const int RedisLost = 1101;
    public const int RedisUnreachable = 1102;
    public const int RedisChannelRefused = 1103;
    public const int RedisProbeRefused = 1104;
    public const int RedisHandoffRefused = 1105;
    public const int TakenOver = 1106;
    public const int HandoffFailed = 1107;
    public const int StreamFailed = 1108;
    public const int RecoveryFault = 1109;
    public const int CommandsFailed = 1110;
    public const int CommandFault = 1111;
    public const int RedisStreamUnreadable = 1112;
    public const int RedisChannelPermitted = 1113;
    public const int RedisStreamReadable = 1114;
    public const int RedisHandoffPermitted = 1115;
    public const int RedisMemoryFull = 1116;
    public const int RedisMemoryFreed = 1117;
    public const int HandoffCopyFailed = 1120;
    public const int RedisShardMessages = 1121;
    public const int RedisAdminRefused = 1122;
    public const int ReadyWithoutState = 1125;
    public const int NoOtherState = 1126;
    public const int SentinelFound = 1130;
    public const int SentinelSwitched = 1131;
    public const int SentinelWatched = 1132;
    public const int SentinelUnwatched = 1133;

    // Postgres 1150-1199
    public const int RunsLeading = 1150;
    public const int RunsFailing = 1151;
    public const int RunSkipped = 1152;
    public const int RunTrimmed = 1153;
    public const int RunsLost = 1154;
    public const int RunsNotKept = 1155;
    public const int RunsNotRecorded = 1157;

    // Ingest 1200-1299
    public const int EventRefused = 1200;
    public const int IngestQueueFull = 1201;
    public const int IngestFault = 1202;
    public const int IngestLost = 1203;
    public const int EventDuplicate = 1210;
    public const int PublisherRestarted = 1211;
    public const int PublisherUnknown = 1212;
    public const int PublisherGap = 1213;

    // Connections 1300-1399
    public const int ConnectionOpened = 1300;
    public const int ConnectionClosed = 1301;
    public const int UpgradeRefused = 1302;
    public const int ConnectionFault = 1303;
    public const int Draining = 1304;
    public const int DrainEnded = 1305;
    public const int SweepFault = 1306;
    public const int DrainFault = 1307;
    public const int AcceptingPaused = 1308;
    public const int AcceptFailed = 1309;
    public const int HostRefused = 1310;
    public const int NoProxyHeader = 1311;

    // Commands 1500-1549
    public const int CommandAudited = 1500;

    // Fanout 1400-1499
    public const int PumpFault = 1400;

    // Access 1500-1549
    public const int KeysLoaded = 1500;
    public const int KeysFailed = 1501;
    public const int TicketsFailed = 1502;
    public const int TicketsRevoked = 1503;
}
