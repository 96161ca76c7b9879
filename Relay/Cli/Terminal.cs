using System.Collections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Cli;

/// <summary>Where a command reads and writes: the console of the process, or what a test puts in its place.</summary>
internal sealed class Terminal
{
    /// <summary>Used where the width cannot be asked for.</summary>
    private const int UsualWidth = 120;

    public required Stream In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    /// <summary>Columns, asked anew each time: a window may be resized.</summary>
    public Func<int> Width { get; init; } = () => UsualWidth;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where <c>appsettings.json</c> is looked for; a later folder wins.</summary>
    public IReadOnlyList<string> SettingsFolders { get; init; } = [];

    /// <summary>The limit of open files, which bounds connections. Null: there is none.</summary>
    public Func<long?> DescriptorLimit { get; init; } = () => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Memory limit of the process: of its heap, its container or the machine, in bytes. Zero when it is not known.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>See no-color.org: any value that is not empty turns colour off.</summary>
    public bool Colour => OutIsTerminal && string.IsNullOrEmpty(Environment.GetValueOrDefault("NO_COLOR")) && Environment.GetValueOrDefault("TERM") != "dumb";

    public static Terminal Open() => new()
    {
        In = Console.OpenStandardInput(),
        Out = Console.Out,
        Error = TextWriter.Synchronized(new StreamWriter(new LossyStream(Console.OpenStandardError()), Console.Error.Encoding) { AutoFlush = true }),
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        Width = AskWidth,
        MemoryLimitBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        DescriptorLimit = ProcessResources.DescriptorLimit,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal),
        SettingsFolders = [AppContext.BaseDirectory, Directory.GetCurrentDirectory()],
    };

    private static int AskWidth()
    {
        if (Console.IsOutputRedirected) return UsualWidth;
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
