using System.IO.Compression;
using System.Reflection;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Loads what the first requests would load. Loading takes descriptors; an assembly that could not be loaded for lack of one is not tried again, so a shortage
/// that lasted a second would break compression, say, until the next start.
/// </summary>
internal static class Preload
{
    /// <summary>Assemblies that were loaded by requests and not before, as a test finds out. One that is not deployed is passed over.</summary>
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
        // Their native parts too.
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
            // A build that is one file has no assemblies to load.
        }
    }

    private static void Pack(Stream packer)
    {
        packer.WriteByte(0);
        packer.Dispose();
    }
}
