using System.Buffers.Text;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The two messages of a request for a handoff, which are published at one point of Redis' order: the request, a nonce, to the instances that are ready, and
/// the barrier, <c>cut:</c> with the nonce, to the probe channel of the requester. A nonce is 32 hexadecimal digits.
/// </summary>
/// <remarks>
/// <para>The events before the request at the answering instance and those after the barrier at the requester are together all events, each once, because
/// every subscriber receives all channels in the one order in which Redis published.</para>
/// <para>Example: Redis publishes 57, MULTI (request, barrier) EXEC, 58. The ready instance receives 57, the request, 58: it copies its state after 57. The
/// starting instance has received 52 to 57 itself, then the barrier, then 58. It loads the copy, drops 52 to 57 and continues with 58. Where either end sits
/// in time does not matter: the copy may take seconds to arrive while 58 and later events wait in the ingest queue.</para>
/// <para>While the starting instance waits for the answer, another instance may be doing this:</para>
/// <list type="number">
/// <item>It receives the request, is ready, and makes a copy at that point of its ingest queue. Of several such instances one takes the lease and
/// answers.</item>
/// <item>It receives the request while it skips or lacks events itself. It ignores the request: its copy would not be complete up to this point.</item>
/// <item>It swaps its connection to Redis. Either the request is lost, and the answer does not come before the deadline; or the request arrives over the new
/// connection, and its copy contains the gap that the swap may have caused.</item>
/// <item>It stops. It has then stored the last copy in Redis, which the next attempt finds when no other instance has received the request.</item>
/// <item>It starts as well, with its own request. Not being ready, it does not receive the other's request.</item>
/// </list>
/// <para>If the starting instance swaps its own connection, the barrier may be lost, or precede events that were missed. Its recovery point is then discarded,
/// and the next connection makes a new request.</para>
/// </remarks>
internal static class HandoffBarrier
{
    private const int NonceBytes = 32;

    public static byte[] WriteRequest(Guid nonce) => Encoding.ASCII.GetBytes(nonce.ToString("N"));

    public static byte[] WriteBarrier(Guid nonce) => [.. "cut:"u8, .. WriteRequest(nonce)];

    /// <summary>Reads a request. Returns false for any other message, since the channel is open to other publishers.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> message, out Guid nonce)
    {
        nonce = default;
        return message.Length == NonceBytes && Utf8Parser.TryParse(message, out nonce, out _, 'N');
    }

    /// <summary>Reads a barrier. Returns false for the nonce of a probe and for any other message.</summary>
    public static bool TryReadBarrier(ReadOnlySpan<byte> message, out Guid nonce)
    {
        nonce = default;
        return message.StartsWith("cut:"u8) && TryReadRequest(message[4..], out nonce);
    }
}
