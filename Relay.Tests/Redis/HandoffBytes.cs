using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>Converts handoffs to and from one array, for tests that change bytes.</summary>
internal static class HandoffBytes
{
    public static byte[] ToBytes(this PieceWriter output)
    {
        using (output) return Join(output.Seal().Select(piece => piece[PieceWriter.HeaderBytes..]));
    }

    public static byte[] Join(IEnumerable<ReadOnlyMemory<byte>> bodies) => [.. bodies.SelectMany(body => body.ToArray())];

    public static PieceWriter From(byte[] bytes)
    {
        var output = new PieceWriter(bytes.Length);
        output.Write(bytes);
        return output;
    }
}
