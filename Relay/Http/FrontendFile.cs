using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;

namespace Cecelia.Relay.Http;

/// <summary>
/// A file of the front end. Each compressed form is created at its first request and cached. The files are those of the build, so the cache is bounded.
/// Thread-safe.
/// </summary>
internal sealed class FrontendFile
{
    /// <summary>The page itself, which is served at <c>/</c>.</summary>
    public const string Index = "index.html";

    // File names in this folder contain a hash of the content.
    private const string HashedFolder = "assets/";

    // The maximum is 11. With 9, a script of 222 KB becomes 64 KB in 50 ms; with 11, 60 KB, and the first client waits for 450 ms (Node's zlib, the same
    // library, two cores).
    private const int BrotliQuality = 9;
    private const int BrotliWindowBits = 22;

    // Otherwise .ts would be a video stream. A browser shows text/plain, and Deno goes by the name of such a file.
    private static readonly FileExtensionContentTypeProvider Types = new() { Mappings = { [".ts"] = "text/plain", [".tgz"] = "application/gzip" } };
    private static readonly string[] CompressibleTypes = ["application/json", "application/manifest+json", "application/wasm", "image/svg+xml"];

    private readonly Lazy<Task<FrontendBody>> _plain;
    private readonly Lazy<Task<FrontendBody>> _gzip;
    private readonly Lazy<Task<FrontendBody>> _brotli;

    /// <param name="path">The path relative to <c>/</c>, with forward slashes.</param>
    /// <param name="content">The content, which must not change.</param>
    public FrontendFile(string path, byte[] content)
    {
        Path = path;
        string type = Types.TryGetContentType(path, out string? known) ? known : "application/octet-stream";
        bool isText = type.StartsWith("text/", StringComparison.Ordinal);
        Type = isText ? type + "; charset=utf-8" : type;
        IsCompressible = isText || CompressibleTypes.Contains(type);
        CacheControl = path.StartsWith(HashedFolder, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        // Not on the thread of the request: concurrent requests would block several threads of the pool.
        _plain = new(() => Task.FromResult(CreateBody(content, ContentCoding.Identity, content)));
        _gzip = new(() => Task.Run(() => Compress(content, ContentCoding.Gzip, Gzip)));
        _brotli = new(() => Task.Run(() => Compress(content, ContentCoding.Brotli, Brotli)));
    }

    public string Path { get; }

    /// <summary>The value of <c>Content-Type</c>.</summary>
    public string Type { get; }

    public string CacheControl { get; }

    /// <summary>True if the file is compressed for clients that support it.</summary>
    public bool IsCompressible { get; }

    /// <summary>Returns the body in this coding, or uncompressed if compression does not make it smaller.</summary>
    public Task<FrontendBody> GetAsync(ContentCoding coding) => (IsCompressible ? coding : ContentCoding.Identity) switch
    {
        ContentCoding.Brotli => _brotli.Value,
        ContentCoding.Gzip => _gzip.Value,
        _ => _plain.Value,
    };

    private static FrontendBody Compress(byte[] content, ContentCoding coding, Func<byte[], byte[]> compress)
    {
        byte[] compressed = compress(content);
        return compressed.Length < content.Length ? CreateBody(content, coding, compressed) : CreateBody(content, ContentCoding.Identity, content);
    }

    /// <summary>Creates a body. A strong ETag identifies the exact bytes, so each coding has its own.</summary>
    private static FrontendBody CreateBody(byte[] content, ContentCoding coding, byte[] bytes)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12));
        return coding switch
        {
            ContentCoding.Brotli => new FrontendBody(bytes, $"\"{hash}-br\"", "br"),
            ContentCoding.Gzip => new FrontendBody(bytes, $"\"{hash}-gz\"", "gzip"),
            _ => new FrontendBody(bytes, $"\"{hash}\"", null),
        };
    }

    private static byte[] Brotli(byte[] content)
    {
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(content.Length)];
        return BrotliEncoder.TryCompress(content, packed, out int length, BrotliQuality, BrotliWindowBits) ? packed[..length] : content;
    }

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(content);
        return packed.ToArray();
    }
}

/// <summary>The body of a response with a file.</summary>
/// <param name="Bytes">The bytes, which must not change.</param>
/// <param name="ETag">The ETag of these bytes, with quotes.</param>
/// <param name="Encoding">The value of <c>Content-Encoding</c>; null if there is none.</param>
internal sealed record FrontendBody(byte[] Bytes, string ETag, string? Encoding);
