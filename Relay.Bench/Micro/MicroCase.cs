namespace Cecelia.Relay.Bench.Micro;

/// <summary>An operation to measure.</summary>
/// <param name="Name">Group and name, for example <c>decode/progress-200B</c>.</param>
/// <param name="Prepare">Creates the operands, and returns a loop that runs the operation the given number of times. Called only if the case is run.</param>
internal sealed record MicroCase(string Name, Func<Action<int>> Prepare);
