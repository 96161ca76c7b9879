namespace Cecelia.Relay.Bench.Load;

/// <summary>A line that shows the progress, on a terminal only.</summary>
internal sealed class ProgressLine
{
    private readonly TextWriter? _terminal = Console.IsErrorRedirected ? null : Console.Error;

    public void Show(string text) => _terminal?.Write($"\r\e[K{text}");

    public void Clear() => _terminal?.Write("\r\e[K");
}
