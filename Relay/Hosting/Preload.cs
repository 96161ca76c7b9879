using System.IO.Compression;
using System.Reflection;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Loads the assemblies that the first requests would load. Loading needs descriptors, and an assembly that could not be loaded is not tried again, so a
/// shortage of one second would break compression, for example, until the next start.
/// </summary>
internal static class Preload
{
    /// <summary>Assemblies that are not loaded before the first request. A test keeps the list complete. Missing ones are skipped.</summary>
    private static readonly string[] Names =
    [
        "Microsoft.AspNetCore.Http.Features",
        "Microsoft.AspNetCore.Metadata",
        "Microsoft.AspNetCore.WebUtilities",
        "Microsoft.Extensions.Validation",
        "System.ComponentModel.Annotations",
        "System.Net.Http",
        "System.Net.WebSockets",
        "System.Runtime.Loader",
        "System.Security.Claims",
    ];

    public static void Run()
    {
        foreach (string name in Names) Load(name);
        // Load the native libraries too.
        Pack(new BrotliStream(Stream.Null, CompressionLevel.Fastest));
        Pack(new GZipStream(Stream.Null, CompressionLevel.Fastest));
        using var inflater = new DeflateStream(new MemoryStream([0x03, 0x00]), CompressionMode.Decompress);
        inflater.ReadByte();
    }

    private static void Load(string name)
    {
        try
        {
            Assembly.Load(name);
        }
        catch (Exception absent) when (absent is IOException or PlatformNotSupportedException)
        {
            // A native executable has no assemblies to load.
        }
    }

    private static void Pack(Stream packer)
    {
        packer.WriteByte(0);
        packer.Dispose();
    }
}
