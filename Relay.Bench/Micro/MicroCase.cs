namespace Cecelia.Relay.Bench.Micro;

/// <summary>Something small to be measured.</summary>
/// <param name="Name">Group and what, as <c>decode/progress-200B</c>.</param>
/// <param name="Prepare">Makes what it needs, and returns the loop that does it so many times; called only when the case is run.</param>
internal sealed record MicroCase(string Name, Func<Action<int>> Prepare);
