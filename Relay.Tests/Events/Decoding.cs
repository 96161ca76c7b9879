using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Tests.Events;

/// <summary>Decoding of text with the default limits, with the parts as strings.</summary>
internal static class Decoding
{
    public static DecodedEvent Decode(string payload, EventLimits? limits = null) => Decode(Encoding.UTF8.GetBytes(payload), limits);

    public static DecodedEvent Decode(byte[] payload, EventLimits? limits = null)
    {
        var into = new DecodedEvent();
        RefusalReason reason = new EventDecoder(limits ?? new EventLimits()).Decode(payload, into);
        Assert.Equal(into.Refusal, reason);
        Assert.Equal(reason == RefusalReason.None, into.RefusalDetail.Length == 0);
        return into;
    }

    public static DecodedEvent Taken(string payload, EventLimits? limits = null)
    {
        DecodedEvent into = Decode(payload, limits);
        Assert.True(into.Refusal == RefusalReason.None, $"refused: {into.Refusal}, {into.RefusalDetail}: {payload}");
        return into;
    }

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static string Data(DecodedEvent from)
    {
        var bytes = new byte[from.DataLength];
        Assert.Equal(bytes.Length, from.CopyDataTo(bytes));
        return Text(bytes);
    }

    public static string Nested(int depth, string inner = "1") => new string('[', depth) + inner + new string(']', depth);
}
