using System.Globalization;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Views;

/// <summary>The event that tells a client how many events it missed because it was too slow (PROTOCOL.md, <i>Slow clients</i>).</summary>
internal static class GapNotice
{
    public static byte[] Write(long missed, DateTimeOffset now)
    {
        byte[] stamp = new byte[Rfc3339.Length];
        Rfc3339.Write(now.ToUnixTimeMilliseconds(), stamp);
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"event":"relay:gap","data":{"cause":"slow_client","missed":{{missed}}},"timestamp":"{{Encoding.ASCII.GetString(stamp)}}"}"""));
    }
}
