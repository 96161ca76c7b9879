using System.Globalization;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>What Linux says of its TCP sockets.</summary>
internal static class KernelQueue
{
    /// <summary>Bytes that sockets with this local port have taken and their peers have not acknowledged: the largest number of one of them.</summary>
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
