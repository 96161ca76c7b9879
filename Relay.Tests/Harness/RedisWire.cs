using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>The subset of the Redis protocol (RESP2) that the tests need, on a blocking stream.</summary>
internal static class RedisWire
{
    public static void Send(Stream stream, string[] command)
    {
        var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
        foreach (string argument in command) request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(argument)}\r\n{argument}\r\n");
        stream.Write(Encoding.UTF8.GetBytes(request.ToString()));
    }

    /// <summary>
    /// Reads one reply as text: a status or number verbatim, an error with its <c>-</c>, a bulk string's content, an array's elements as lines.
    /// </summary>
    public static string Receive(Stream stream)
    {
        string line = ReadLine(stream);
        int length = line[0] is '$' or '*' ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) : 0;
        switch (line[0])
        {
            case '-':
                return line;
            case '$':
                if (length < 0) return "";
                byte[] content = new byte[length + 2];
                stream.ReadExactly(content);
                return Encoding.UTF8.GetString(content, 0, length);
            case '*':
                return string.Join('\n', Enumerable.Range(0, Math.Max(length, 0)).Select(_ => Receive(stream)));
            default:
                return line[1..];
        }
    }

    private static string ReadLine(Stream stream)
    {
        var line = new StringBuilder();
        while (true)
        {
            int next = stream.ReadByte();
            if (next < 0) throw new EndOfStreamException();
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }
    }
}
