namespace Cecelia.Relay.Telemetry;

/// <summary>The description of a histogram, available before its first measurement. Immutable.</summary>
internal sealed record HistogramShape(string Name, string Unit, string Description, IReadOnlyList<double> Bounds);
