using System.Net;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>
/// Limits the requests of each address, by the generic cell rate algorithm: for each address the time is kept at which its allowance is full again, and a
/// request moves that time by one interval. IPv6 addresses of the same /64 network count as one. Thread-safe, allocates nothing for IPv4.
/// </summary>
/// <remarks>
/// <para>
/// The table has a fixed size, and an address selects its slot by a hash with a random seed. Two addresses that share a slot share an allowance, which costs
/// a client something only while another one of 16,384 is at its limit; a client cannot compute which.
/// </para>
/// <para>
/// Example for 100 requests a second: an interval is 10 ms, and the allowance 1,000 requests, that is 10 s. After 1,000 requests at time 0 the allowance is
/// full again at 10 s, so that the next request is refused until 0.010 s. At 5 s another 500 are allowed.
/// </para>
/// </remarks>
internal sealed class RequestRate(ConnectionOptions options, TimeProvider time)
{
    private const int Slots = 16_384;

    /// <summary>The seconds whose requests may come at once: a page loads a few dozen files.</summary>
    private const int BurstSeconds = 10;

    // Timestamps of the time provider at which the allowance of a slot is full.
    private readonly long[] _fullAt = new long[options.MaxRequestsPerAddress > 0 ? Slots : 0];
    private long _refused;

    /// <summary>Number of requests refused since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Counts a request. Returns null if it is allowed, otherwise the time after which the next one is.</summary>
    public TimeSpan? Count(IPAddress address)
    {
        if (_fullAt.Length == 0) return null;
        ref long fullAt = ref _fullAt[SlotOf(address)];
        long interval = time.TimestampFrequency / options.MaxRequestsPerAddress;
        long allowance = BurstSeconds * time.TimestampFrequency;
        while (true)
        {
            long before = Volatile.Read(ref fullAt);
            long now = time.GetTimestamp();
            long after = Math.Max(before, now) + interval;
            if (after - now > allowance)
            {
                Interlocked.Increment(ref _refused);
                return time.GetElapsedTime(now + allowance, after);
            }

            if (Interlocked.CompareExchange(ref fullAt, after, before) == before) return null;
        }
    }

    private static int SlotOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        ConnectionTable.NetworkOf(address).TryWriteBytes(bytes, out int length);
        var hash = new HashCode();
        hash.AddBytes(bytes[..length]);
        return hash.ToHashCode() & (Slots - 1);
    }
}
