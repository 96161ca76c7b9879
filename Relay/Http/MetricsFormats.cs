using Cecelia.Relay.Telemetry;
using Microsoft.Net.Http.Headers;

namespace Cecelia.Relay.Http;

/// <summary>Chooses the text format of <c>/metrics</c>.</summary>
internal static class MetricsFormats
{
    private const string OpenMetrics = "application/openmetrics-text";

    /// <summary>
    /// Returns OpenMetrics if the request names it, and does not prefer plain text. A request for any type gets Prometheus text, which people read.
    /// </summary>
    public static MetricsFormat Choose(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? accepted)) return MetricsFormat.Prometheus;
        double openMetrics = QualityOf(accepted, OpenMetrics);
        return openMetrics > 0 && openMetrics >= QualityOf(accepted, "text/plain") ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus;
    }

    /// <summary>Returns the value of <c>Content-Type</c>.</summary>
    public static string ToMediaType(this MetricsFormat format) =>
        format == MetricsFormat.OpenMetrics ? OpenMetrics + "; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";

    private static double QualityOf(IList<MediaTypeHeaderValue> accepted, string type) =>
        accepted.Where(value => value.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(value => value.Quality ?? 1).DefaultIfEmpty(0).Max();
}
