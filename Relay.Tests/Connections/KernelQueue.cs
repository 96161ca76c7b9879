using System.Globalization;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The TCP sockets of Linux (<c>/proc/net/tcp</c>).</summary>
internal static class KernelQueue
{
    /// <summary>Returns the largest number of bytes that one socket with this local port has accepted and its peer has not acknowledged.</summary>
    public static long UnsentBytes(int localPort)
    {
        string port = string.Create(CultureInfo.InvariantCulture, $":{localPort:X4}");
        return File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[1].EndsWith(port, StringComparison.Ordinal) && fields[3] == "01")
            .Select(fields => long.Parse(fields[4].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            .DefaultIfEmpty().Max();
    }
}
