namespace Cecelia.Relay.Redis;

/// <summary>The outcome of a probe.</summary>
internal enum RedisProbeOutcome
{
    /// <summary>The nonce arrived: everything that Redis sent before it has arrived too.</summary>
    Returned,

    /// <summary>The nonce did not arrive in time.</summary>
    Late,

    /// <summary>Redis does not permit publishing on the probe channel.</summary>
    Refused,
}

/// <summary>A nonce that is published to this instance itself.</summary>
internal sealed record RedisProbe(byte[] Nonce)
{
    public TaskCompletionSource<RedisProbeOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// The ID of the newest entry of the stream when the nonce was published: once the nonce has arrived, everything up to that entry has arrived too. Null
    /// when there is no stream or the connection for commands failed. Completes at the latest with the deadlines of that connection.
    /// </summary>
    public TaskCompletionSource<RedisReply<RedisStreamId>?> Newest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
