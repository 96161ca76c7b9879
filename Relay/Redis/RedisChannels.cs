using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>The channels of one link, as names for subscribing and as bytes for comparing messages, and the key of the stream. Immutable.</summary>
internal sealed class RedisChannels(RedisOptions options, string instance)
{
    private readonly byte[] _events = Encoding.UTF8.GetBytes(options.EventsChannel);
    private readonly byte[] _probe = Encoding.UTF8.GetBytes(options.ProbeChannel(instance));
    private readonly byte[] _requests = Encoding.UTF8.GetBytes(options.HandoffChannel);

    /// <summary>The channel of events. Messages of a pattern are marked as such.</summary>
    public ReadOnlySpan<byte> Events => _events;

    /// <summary>The channel on which this instance receives its own probes and barriers.</summary>
    public ReadOnlySpan<byte> Probe => _probe;

    /// <summary>The channel on which starting instances request a handoff.</summary>
    public ReadOnlySpan<byte> Requests => _requests;

    public string EventsName { get; } = options.EventsChannel;

    public string ProbeName { get; } = options.ProbeChannel(instance);

    /// <summary>See <see cref="RedisOptions.StreamKey"/>.</summary>
    public string StreamKey { get; } = options.StreamKey;
}
