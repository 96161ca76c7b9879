namespace Cecelia.Relay.Cli;

/// <summary>One simulated task, its fate decided at birth.</summary>
internal sealed record DemoTask(string Id, string RunId, string Title, string Project, TimeSpan Duration, int Steps, int? FailsAtStep);
