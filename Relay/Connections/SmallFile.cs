using System.Globalization;

namespace Cecelia.Relay.Connections;

/// <summary>Reads a file that an operator named: a secret or a certificate. Without state; any thread.</summary>
internal static class SmallFile
{
    /// <summary>All bytes of a regular file, at least one.</summary>
    /// <param name="path">A link to a file is followed, as of secrets that Kubernetes mounts.</param>
    /// <param name="maxBytes">A larger file is not read.</param>
    /// <exception cref="IOException">It is missing, empty, too large, a directory or a named pipe, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        if (Directory.Exists(path)) throw new IOException("it is a directory");
        FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        // Opening a named pipe waits for its writer, perhaps forever. It has no length.
        if (file is FileInfo { Exists: true, Length: 0 }) throw new IOException("it is empty, or not a regular file");

        byte[] buffer = new byte[maxBytes + 1];
        using FileStream stream = File.OpenRead(path);
        int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= maxBytes ? buffer[..length] : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it has more than {maxBytes} bytes"));
    }
}
