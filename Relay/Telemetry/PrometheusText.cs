using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// Writes the metrics of one collection in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.0. Not thread-safe: only one collection may run at a time.
/// </summary>
/// <param name="exemplars">Exemplars of the lag histogram, for OpenMetrics.</param>
/// <param name="histograms">Histograms that are written with empty buckets until their first measurement, since the SDK does not collect them before.</param>
internal sealed class PrometheusText(LagExemplars exemplars, params IReadOnlyList<HistogramShape> histograms) : BaseExporter<Metric>
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The format of the next collection.</summary>
    public MetricsFormat Format { get; set; }

    /// <summary>The text of the last collection.</summary>
    public string Text => _text.ToString();

    public override ExportResult Export(in Batch<Metric> batch)
    {
        _text.Clear();
        _written.Clear();
        foreach (Metric metric in batch)
        {
            _written.Add(metric.Name);
            Write(metric);
        }

        foreach (HistogramShape histogram in histograms)
        {
            if (!_written.Contains(histogram.Name)) WriteEmpty(histogram);
        }

        if (Format == MetricsFormat.OpenMetrics) _text.Append("# EOF\n");

        return ExportResult.Success;
    }

    private void Write(Metric metric)
    {
        bool counter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        string family = NameOf(metric.Name, metric.Unit);
        string name = family + (counter ? "_total" : "");
        // OpenMetrics names the family of a counter without the suffix of its sample.
        string type = counter ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge";
        WriteHeader(Format == MetricsFormat.OpenMetrics ? family : name, metric.Description, type);
        foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
        {
            string labels = FormatLabels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    WriteLine(name, labels, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    WriteLine(name, labels, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    WriteLine(name, labels, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    WriteLine(name, labels, point.GetGaugeLastValueDouble());
                    break;
                case MetricType.Histogram:
                    WriteHistogram(name, labels, point, hasExemplars: metric.Name == RelayMetrics.LagShape.Name);
                    break;
            }
        }
    }

    private void WriteHistogram(string name, string labels, in MetricPoint point, bool hasExemplars)
    {
        long cumulative = 0;
        int index = 0;
        foreach (HistogramBucket bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            WriteBucket(name, labels, bucket.ExplicitBound, cumulative, hasExemplars ? exemplars.Find(index) : null);
            index++;
        }

        WriteLine(name + "_sum", labels, point.GetHistogramSum());
        WriteLine(name + "_count", labels, point.GetHistogramCount());
    }

    private void WriteEmpty(HistogramShape histogram)
    {
        string name = NameOf(histogram.Name, histogram.Unit);
        WriteHeader(name, histogram.Description, "histogram");
        foreach (double bound in histogram.Bounds) WriteBucket(name, "", bound, 0);
        WriteBucket(name, "", double.PositiveInfinity, 0);
        WriteLine(name + "_sum", "", 0);
        WriteLine(name + "_count", "", 0);
    }

    private void WriteHeader(string name, string description, string type)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(description, quotes: false)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void WriteBucket(string name, string labels, double bound, long cumulative, Exemplar? exemplar = null)
    {
        string text = double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture);
        // OpenMetrics requires the form of a floating-point number.
        if (Format == MetricsFormat.OpenMetrics && !double.IsPositiveInfinity(bound) && !text.Contains('.')) text += ".0";
        WriteLine(name + "_bucket", (labels.Length > 0 ? labels + "," : "") + $"le=\"{text}\"", cumulative);
        if (exemplar is null || Format != MetricsFormat.OpenMetrics) return;
        _text.Length--;
        _text.Append(
            CultureInfo.InvariantCulture,
            $" # {{trace_id=\"{exemplar.TraceId}\",span_id=\"{exemplar.SpanId}\"}} {exemplar.Seconds:R} {exemplar.At.ToUnixTimeMilliseconds() / 1000.0:F3}\n");
    }

    private void WriteLine(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0) _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string NameOf(string name, string unit) =>
        name.Replace('.', '_') + (unit == "s" ? "_seconds" : unit == "ms" ? "_milliseconds" : unit == "By" ? "_bytes" : "");

    private static string FormatLabels(ReadOnlyTagCollection tags)
    {
        var labels = new List<string>();
        foreach (KeyValuePair<string, object?> tag in tags) labels.Add($"{tag.Key.Replace('.', '_')}=\"{Escape(tag.Value?.ToString() ?? "", quotes: true)}\"");
        return string.Join(',', labels);
    }

    private static string Escape(string text, bool quotes)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
