using System.Net;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>Parses the settings of an address to listen on. Each method throws <see cref="FormatException"/> as <see cref="Setting.Apply"/> does.</summary>
internal static class ListenAddress
{
    private const int MaxMode = 511;

    /// <summary>Parses a host or the path of a Unix socket.</summary>
    public static string Parse(string text)
    {
        if (!UnixSocket.TryGetPath(text, out string? path)) return ParseHost(text, " or unix:PATH");
        return UnixSocket.IsValidPath(path) ? text : throw new FormatException(
            $"must have an absolute path of at most {UnixSocket.MaxPathBytes} bytes after unix:, such as unix:/run/cecelia.sock, not '{text}'");
    }

    /// <summary>Parses a host.</summary>
    /// <param name="text">The value of the setting.</param>
    /// <param name="others">Other forms that the setting accepts, for the error message.</param>
    public static string ParseHost(string text, string others = "") =>
        text is "*" or "localhost" || IPAddress.TryParse(text, out _)
            ? text
            : throw new FormatException($"must be an IP address without a port, localhost, *{others}, not '{text}'");

    /// <summary>Parses the name of a transport.</summary>
    public static SocketTransport ParseTransport(string text) => text switch
    {
        "kestrel" => SocketTransport.Kestrel,
        "epoll" when OperatingSystem.IsLinux() => SocketTransport.Epoll,
        "epoll" => throw new FormatException("must be kestrel: epoll is only for Linux"),
        _ => throw new FormatException($"must be kestrel or epoll, not '{text}'"),
    };

    /// <summary>Parses the mode of the file of a Unix socket.</summary>
    public static UnixFileMode ParseMode(string text) =>
        text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7') && Convert.ToInt32(text, 8) is var mode and <= MaxMode
            ? (UnixFileMode)mode
            : throw new FormatException($"must be an octal file mode from 000 to 777, such as 660, not '{text}'");
}
