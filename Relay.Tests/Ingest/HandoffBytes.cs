using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>Converts handoffs to and from one array, for tests that change bytes.</summary>
internal static class HandoffBytes
{
    public static byte[] ToBytes(this HandoffOutput output)
    {
        using (output) return Join(output.Seal().Select(piece => piece[HandoffOutput.HeadBytes..]));
    }

    public static byte[] Join(IEnumerable<ReadOnlyMemory<byte>> bodies) => [.. bodies.SelectMany(body => body.ToArray())];

    public static HandoffOutput From(byte[] bytes)
    {
        var output = new HandoffOutput(bytes.Length);
        output.Write(bytes);
        return output;
    }
}
