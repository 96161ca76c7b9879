using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;

namespace Cecelia.Relay.Connections;

/// <summary>Listening on a path of the file system in place of a TCP port, for a proxy on the same machine.</summary>
internal static class UnixSocket
{
    /// <summary>The prefix of such an address, as in <c>unix:/run/cecelia.sock</c>.</summary>
    public const string Prefix = "unix:";

    /// <summary>Maximum length of a path in bytes (sun_path in unix(7), with its final zero).</summary>
    public const int MaxPathBytes = 107;

    /// <summary>The error number of opening a socket as a file: ENXIO on Linux, EOPNOTSUPP on macOS.</summary>
    private static readonly int OpenedSocket = OperatingSystem.IsMacOS() ? 102 : 6;

    /// <summary>Returns the path of an address with the <see cref="Prefix"/>, whether it is valid or not.</summary>
    public static bool TryGetPath(string address, [NotNullWhen(true)] out string? path)
    {
        path = address.StartsWith(Prefix, StringComparison.Ordinal) ? address[Prefix.Length..] : null;
        return path is not null;
    }

    /// <summary>Returns whether a path can be listened on: it is absolute and not too long.</summary>
    public static bool IsValidPath(string path) => Path.IsPathFullyQualified(path) && !path.EndsWith('/') && Encoding.UTF8.GetByteCount(path) <= MaxPathBytes;

    /// <summary>
    /// Returns a bound socket that does not listen yet, so that no client can connect before the mode of the file is set. A socket that a previous process
    /// has left there is replaced. Disposing the socket deletes the file.
    /// </summary>
    /// <exception cref="SocketException">Another process listens on the path, or the path cannot be created.</exception>
    /// <exception cref="IOException">There is a directory, a file that is not a socket, or a symbolic link to nothing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its directory cannot be changed.</exception>
    public static Socket Bind(UnixDomainSocketEndPoint endpoint, UnixFileMode mode)
    {
        string path = endpoint.ToString();
        if (Directory.Exists(path)) throw new IOException("there is a directory");
        if (new FileInfo(path) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false })
        {
            throw new IOException("there is a symbolic link whose target does not exist");
        }

        if (File.Exists(path)) DeleteStale(path, endpoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endpoint);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void DeleteStale(string path, UnixDomainSocketEndPoint endpoint)
    {
        if (!IsSocket(path)) throw new IOException("there is a file that is not a socket");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endpoint);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    /// <summary>Returns whether an existing file is a socket. Opening a socket as a file fails with its own error number.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            // For reading and writing, since opening a named pipe only to read waits for its writer.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return false;
        }
        catch (IOException failure)
        {
            return failure.HResult == OpenedSocket;
        }
    }
}
