using OpenTelemetry.Exporter;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Where each signal is sent by OTLP, by OpenTelemetry's own variables. A signal without an endpoint is not sent: the exporter's default, a collector on
/// this host, is not assumed. Immutable.
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

    /// <summary>Where metrics are sent; null when they are not.</summary>
    public Uri? Metrics { get; }

    /// <summary>Where spans are sent; null when they are not.</summary>
    public Uri? Traces { get; }

    /// <summary>Where log records are sent; null when they are not.</summary>
    public Uri? Logs { get; }

    /// <summary>Whether anything is sent.</summary>
    public bool IsOn => (Metrics ?? Traces ?? Logs) is not null;

    /// <summary>Variables whose value cannot be used. The values are not kept: an endpoint may hold a password.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <param name="settings">The process's variables.</param>
    public static OtlpSettings Read(IConfiguration settings) => new(settings);

    /// <summary>
    /// Turns off the SDK's own reading of <c>OTEL_SDK_DISABLED</c>, which would empty <c>/metrics</c> too. Nothing is sent all the same, as
    /// <see cref="Read"/> finds no endpoint. Call it after <see cref="Read"/>.
    /// </summary>
    public static void KeepPrometheus(IConfiguration settings)
    {
        if (IsDisabled(settings)) settings[DisabledVariable] = "false";
    }

    /// <summary>Applies the variables of one signal, which the exporter of a single signal does not read itself.</summary>
    /// <param name="options">Already hold the variables of all signals.</param>
    /// <param name="signal"><c>METRICS</c>, <c>TRACES</c> or <c>LOGS</c>.</param>
    public void Apply(OtlpExporterOptions options, string signal)
    {
        string prefix = Prefix + signal + "_";
        // Set only here: the exporter appends the signal's path to a common endpoint, and takes a signal's own as it is.
        if (ReadEndpoint(prefix + "ENDPOINT") is { } endpoint) options.Endpoint = endpoint;
        if (_settings[prefix + "HEADERS"] is { Length: > 0 } headers) options.Headers = headers;
        if (int.TryParse(_settings[prefix + "TIMEOUT"], out int timeoutMs) && timeoutMs > 0) options.TimeoutMilliseconds = timeoutMs;
        options.Protocol = _settings[prefix + "PROTOCOL"] switch { "grpc" => OtlpExportProtocol.Grpc, "http/protobuf" => OtlpExportProtocol.HttpProtobuf, _ => options.Protocol };
        options.Compression = _settings[prefix + "COMPRESSION"] switch { "gzip" => OtlpExportCompression.GZip, "none" => OtlpExportCompression.None, _ => options.Compression };
    }

    private static bool IsDisabled(IConfiguration settings) => string.Equals(settings[DisabledVariable]?.Trim(), "true", StringComparison.OrdinalIgnoreCase);

    private Uri? Find(string signal, Uri? all) =>
        string.Equals(_settings[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase) ? null : ReadEndpoint($"{Prefix}{signal}_ENDPOINT", _ignored) ?? all;

    private Uri? ReadEndpoint(string variable, List<string>? ignored = null)
    {
        if (_settings[variable] is not { Length: > 0 } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && (endpoint.Scheme == Uri.UriSchemeHttp || endpoint.Scheme == Uri.UriSchemeHttps)) return endpoint;
        ignored?.Add(variable);
        return null;
    }
}
