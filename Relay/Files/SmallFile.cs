using System.Globalization;

namespace Cecelia.Relay.Files;

/// <summary>Reads a file that an operator named: a secret or a certificate. Stateless; any thread.</summary>
internal static class SmallFile
{
    /// <summary>Returns all bytes, at least one, of a regular file.</summary>
    /// <param name="path">The file. A symbolic link is followed, as Kubernetes mounts secrets as links.</param>
    /// <param name="maxBytes">Maximum size. A larger file is not read.</param>
    /// <exception cref="IOException">The file is missing, empty, too large, a directory or a named pipe, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        if (Directory.Exists(path)) throw new IOException("it is a directory");
        FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        // Opening a named pipe waits for its writer, possibly indefinitely. A named pipe has no length.
        if (file is FileInfo { Exists: true, Length: 0 }) throw new IOException("it is empty, or not a regular file");

        byte[] buffer = new byte[maxBytes + 1];
        using FileStream stream = File.OpenRead(path);
        int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= maxBytes
            ? buffer[..length]
            : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it has more than {maxBytes} bytes"));
    }
}
