namespace Cecelia.Relay.Telemetry;

/// <summary>What describes a histogram before its first measurement. Immutable.</summary>
internal sealed record HistogramShape(string Name, string Unit, string Description, IReadOnlyList<double> Bounds);
