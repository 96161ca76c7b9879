using System.Collections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Cli;

/// <summary>The input, output and environment of a command: those of the process, or those of a test.</summary>
internal sealed class Terminal
{
    /// <summary>Width if the terminal's is unknown.</summary>
    private const int DefaultWidth = 120;

    public required Stream In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    /// <summary>Returns the current number of columns: a window may be resized.</summary>
    public Func<int> Width { get; init; } = () => DefaultWidth;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders in which <c>appsettings.json</c> is looked for. Later folders take precedence.</summary>
    public IReadOnlyList<string> SettingsFolders { get; init; } = [];

    /// <summary>Error message if the working directory cannot be used; otherwise null.</summary>
    public string? WorkingDirectoryError { get; init; }

    /// <summary>Returns the limit of open files, which bounds connections. Null: unlimited.</summary>
    public Func<long?> DescriptorLimit { get; init; } = () => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Memory limit of the process, in bytes: of its heap, its container or the machine. Zero: unknown.</summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Whether to write colors. See no-color.org: any non-empty value turns them off.</summary>
    public bool Color => OutIsTerminal && string.IsNullOrEmpty(Environment.GetValueOrDefault("NO_COLOR")) && Environment.GetValueOrDefault("TERM") != "dumb";

    /// <summary>Returns the terminal of this process.</summary>
    public static Terminal Open()
    {
        string? directory = FindWorkingDirectory();
        return new()
        {
            In = Console.OpenStandardInput(),
            Out = Console.Out,
            Error = TextWriter.Synchronized(new StreamWriter(new LossyStream(Console.OpenStandardError()), Console.Error.Encoding) { AutoFlush = true }),
            InIsTerminal = !Console.IsInputRedirected,
            OutIsTerminal = !Console.IsOutputRedirected,
            Width = GetWidth,
            MemoryLimitBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            DescriptorLimit = ProcessResources.DescriptorLimit,
            Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal),
            SettingsFolders = directory is null ? [AppContext.BaseDirectory] : [AppContext.BaseDirectory, directory],
            WorkingDirectoryError = directory is null ? "The working directory no longer exists: start the relay in another directory" : null,
        };
    }

    /// <summary>Returns null if the working directory was deleted.</summary>
    private static string? FindWorkingDirectory()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception deleted) when (deleted is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int GetWidth()
    {
        if (Console.IsOutputRedirected) return DefaultWidth;
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : DefaultWidth;
        }
        catch (IOException)
        {
            return DefaultWidth;
        }
    }
}
