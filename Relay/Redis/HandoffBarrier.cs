using System.Buffers.Text;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The two messages of one request for a handoff, published at one point of Redis' order: the nonce to the instances that are ready, and <c>cut:</c> with
/// the nonce to the channel that the requester already proves its link on. Nonces are 32 hexadecimal digits.
/// </summary>
internal static class HandoffBarrier
{
    private const int NonceBytes = 32;

    public static byte[] WriteRequest(Guid nonce) => Encoding.ASCII.GetBytes(nonce.ToString("N"));

    public static byte[] WriteBarrier(Guid nonce) => [.. "cut:"u8, .. WriteRequest(nonce)];

    /// <summary>False for anything else: everybody can publish there.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> message, out Guid nonce)
    {
        nonce = default;
        return message.Length == NonceBytes && Utf8Parser.TryParse(message, out nonce, out _, 'N');
    }

    /// <summary>False for a nonce of the probe, and for anything else.</summary>
    public static bool TryReadBarrier(ReadOnlySpan<byte> message, out Guid nonce)
    {
        nonce = default;
        return message.StartsWith("cut:"u8) && TryReadRequest(message[4..], out nonce);
    }
}
