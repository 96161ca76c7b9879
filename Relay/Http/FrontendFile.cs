using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;

namespace Cecelia.Relay.Http;

/// <summary>
/// One file of the front end, as it is sent: packed the first time that a client asks for it so, and kept. The files are those of the build, so what is kept
/// is bounded. Thread-safe.
/// </summary>
internal sealed class FrontendFile
{
    /// <summary>The page itself, which is served at <c>/</c>.</summary>
    public const string Index = "index.html";

    // Names in this folder hold a hash of the content.
    private const string HashedFolder = "assets/";

    // Of 11: a script of 222 KB is 64 KB after 50 ms; with 11 it is 60 KB, and the first client waits for 450 ms (Node's zlib, the same library, two cores).
    private const int BrotliQuality = 9;
    private const int BrotliWindowBits = 22;

    private static readonly FileExtensionContentTypeProvider Types = new();
    private static readonly string[] Packable = ["application/json", "application/manifest+json", "application/wasm", "image/svg+xml"];

    private readonly Lazy<Task<FrontendBody>> _plain;
    private readonly Lazy<Task<FrontendBody>> _gzip;
    private readonly Lazy<Task<FrontendBody>> _brotli;

    /// <param name="path">Below <c>/</c>, with forward slashes.</param>
    /// <param name="content">Not to change any more.</param>
    public FrontendFile(string path, byte[] content)
    {
        Path = path;
        string type = Types.TryGetContentType(path, out string? known) ? known : "application/octet-stream";
        bool isText = type.StartsWith("text/", StringComparison.Ordinal);
        Type = isText ? type + "; charset=utf-8" : type;
        IsPackable = isText || Packable.Contains(type);
        CacheControl = path.StartsWith(HashedFolder, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        // Not on the thread that asks: several may ask at once, and would all wait in the pool.
        _plain = new(() => Task.FromResult(Name(content, ContentCoding.Identity, content)));
        _gzip = new(() => Task.Run(() => Pack(content, ContentCoding.Gzip, Gzip)));
        _brotli = new(() => Task.Run(() => Pack(content, ContentCoding.Brotli, Brotli)));
    }

    public string Path { get; }

    /// <summary>For <c>Content-Type</c>.</summary>
    public string Type { get; }

    public string CacheControl { get; }

    /// <summary>What is sent depends on what the client can unpack.</summary>
    public bool IsPackable { get; }

    /// <summary>The body for a client that can unpack this; plain where packing gains nothing.</summary>
    public Task<FrontendBody> GetAsync(ContentCoding coding) => (IsPackable ? coding : ContentCoding.Identity) switch
    {
        ContentCoding.Brotli => _brotli.Value,
        ContentCoding.Gzip => _gzip.Value,
        _ => _plain.Value,
    };

    private static FrontendBody Pack(byte[] content, ContentCoding coding, Func<byte[], byte[]> pack)
    {
        byte[] packed = pack(content);
        return packed.Length < content.Length ? Name(content, coding, packed) : Name(content, ContentCoding.Identity, content);
    }

    /// <summary>A strong ETag is one of the very bytes, so each coding has its own.</summary>
    private static FrontendBody Name(byte[] content, ContentCoding coding, byte[] bytes)
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

/// <summary>What is sent of a file.</summary>
/// <param name="Bytes">The body. Not to be changed.</param>
/// <param name="ETag">Of these very bytes, with its quotes.</param>
/// <param name="Encoding">For <c>Content-Encoding</c>; null: there is none.</param>
internal sealed record FrontendBody(byte[] Bytes, string ETag, string? Encoding);
