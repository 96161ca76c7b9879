using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>Writes results as JSON, with the options, the machine and the time.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Opens the file for writing and leaves its content: a long run must not end with a file that cannot be written.</summary>
    /// <exception cref="BenchException">The file cannot be written.</exception>
    public static void CheckWritable(string path)
    {
        try
        {
            File.Open(path, FileMode.OpenOrCreate, FileAccess.Write).Dispose();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, failure);
        }
    }

    /// <exception cref="BenchException">The file cannot be written.</exception>
    public static async Task WriteAsync(string path, string command, object options, object result)
    {
        var document = new
        {
            Command = command,
            At = TimeProvider.System.GetUtcNow(),
            Version = typeof(JsonFile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            Machine = new
            {
                Cores = Environment.ProcessorCount,
                System = RuntimeInformation.OSDescription,
                Architecture = RuntimeInformation.OSArchitecture.ToString(),
                Framework = RuntimeInformation.FrameworkDescription,
            },
            Options = options,
            Result = result,
        };
        try
        {
            await using FileStream file = File.Create(path);
            await JsonSerializer.SerializeAsync(file, document, Format);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, failure);
        }
    }

    private static BenchException CannotWrite(string path, Exception failure) => new($"{path} cannot be written: {failure.Message}");
}
