namespace Cecelia.Relay.Redis;

/// <summary>What came of one probe.</summary>
internal enum RedisProbeOutcome
{
    /// <summary>It came back: everything that Redis sent before it has arrived too.</summary>
    Returned,

    /// <summary>It has not come back in time.</summary>
    Late,

    /// <summary>Redis does not let us publish on the probe channel.</summary>
    Refused,
}

/// <summary>One nonce on its way through Redis and back.</summary>
internal sealed record RedisProbe(byte[] Nonce)
{
    public TaskCompletionSource<RedisProbeOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// The id of the stream's newest entry when the nonce was published: once that is back, everything up to the entry has arrived too. Null when there is no
    /// stream or the connection for commands failed. Completes at the latest with the deadlines of that connection.
    /// </summary>
    public TaskCompletionSource<RedisReply<RedisStreamId>?> Newest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
