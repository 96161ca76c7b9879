namespace Cecelia.Relay.Bench.Load;

/// <summary>The run cannot continue. The message is for the user.</summary>
internal sealed class BenchException(string message) : Exception(message);
