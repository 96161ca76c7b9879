using OpenTelemetry.Exporter;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// The OTLP endpoint of each signal, from OpenTelemetry's standard variables. A signal without an endpoint is not sent; the exporter's default, a collector
/// on this host, is not used. Immutable.
/// </summary>
internal sealed class OtlpSettings
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";
    private const string DisabledVariable = "OTEL_SDK_DISABLED";
    private readonly IConfiguration _settings;
    private readonly List<string> _ignored = [];

    private OtlpSettings(IConfiguration settings)
    {
        _settings = settings;
        if (IsDisabled(settings)) return;
        Uri? all = ReadEndpoint(Prefix + "ENDPOINT", _ignored);
        Metrics = Find("METRICS", all);
        Traces = Find("TRACES", all);
        Logs = Find("LOGS", all);
    }

    /// <summary>The endpoint of metrics; null if they are not sent.</summary>
    public Uri? Metrics { get; }

    /// <summary>The endpoint of spans; null if they are not sent.</summary>
    public Uri? Traces { get; }

    /// <summary>The endpoint of log records; null if they are not sent.</summary>
    public Uri? Logs { get; }

    /// <summary>Whether any signal is sent.</summary>
    public bool IsOn => (Metrics ?? Traces ?? Logs) is not null;

    /// <summary>Variables whose value is invalid. The values are not stored, since an endpoint may contain a password.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <summary>Reads the settings.</summary>
    /// <param name="settings">The environment variables of the process.</param>
    public static OtlpSettings Read(IConfiguration settings) => new(settings);

    /// <summary>
    /// Overrides <c>OTEL_SDK_DISABLED</c> for the SDK, which would otherwise disable <c>/metrics</c> too. Nothing is sent in that case, because
    /// <see cref="Read"/> returns no endpoint. Must be called after <see cref="Read"/>.
    /// </summary>
    public static void KeepPrometheus(IConfiguration settings)
    {
        if (IsDisabled(settings)) settings[DisabledVariable] = "false";
    }

    /// <summary>Applies the variables of one signal, which the exporter does not read itself.</summary>
    /// <param name="options">The options, which already contain the variables common to all signals.</param>
    /// <param name="signal"><c>METRICS</c>, <c>TRACES</c> or <c>LOGS</c>.</param>
    public void Apply(OtlpExporterOptions options, string signal)
    {
        string prefix = Prefix + signal + "_";
        // Only set for the signal's own endpoint, which the exporter uses unchanged. It appends the signal's path to a common endpoint.
        if (ReadEndpoint(prefix + "ENDPOINT") is { } endpoint) options.Endpoint = endpoint;
        if (_settings[prefix + "HEADERS"] is { Length: > 0 } headers) options.Headers = headers;
        if (int.TryParse(_settings[prefix + "TIMEOUT"], out int timeoutMs) && timeoutMs > 0) options.TimeoutMilliseconds = timeoutMs;
        options.Protocol = _settings[prefix + "PROTOCOL"] switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        options.Compression = _settings[prefix + "COMPRESSION"] switch
        {
            "gzip" => OtlpExportCompression.GZip,
            "none" => OtlpExportCompression.None,
            _ => options.Compression,
        };
    }

    private static bool IsDisabled(IConfiguration settings) => string.Equals(settings[DisabledVariable]?.Trim(), "true", StringComparison.OrdinalIgnoreCase);

    private Uri? Find(string signal, Uri? all) =>
        string.Equals(_settings[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase)
            ? null
            : ReadEndpoint($"{Prefix}{signal}_ENDPOINT", _ignored) ?? all;

    private Uri? ReadEndpoint(string variable, List<string>? ignored = null)
    {
        if (_settings[variable] is not { Length: > 0 } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && (endpoint.Scheme == Uri.UriSchemeHttp || endpoint.Scheme == Uri.UriSchemeHttps))
        {
            return endpoint;
        }

        ignored?.Add(variable);
        return null;
    }
}
