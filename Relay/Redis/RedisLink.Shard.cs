namespace Cecelia.Relay.Redis;

/// <summary>What comes by SPUBLISH in a cluster: no event, and noticed only so that the publisher's mistake has a name.</summary>
internal sealed partial class RedisLink
{
    private long _shardMessages;

    /// <summary>Those of the present session.</summary>
    private long _shardMessagesOfSession;

    /// <summary>Messages by SPUBLISH on the channel of events of a cluster, which are not delivered.</summary>
    public long ShardMessages => Volatile.Read(ref _shardMessages);

    /// <summary>Counts what came by SPUBLISH, and warns at the first.</summary>
    private void NoteShardMessages(RedisSession session)
    {
        long count = session.ShardMessages, fresh = count - _shardMessagesOfSession;
        if (fresh == 0) return;
        _shardMessagesOfSession = count;
        if (_shardMessages == 0) LogShardMessages(_logger, _names.EventsName);
        _status = _status with { LastShardMessage = _time.GetUtcNow() };
        // Last, so that who sees the count finds the warning too.
        Interlocked.Add(ref _shardMessages, fresh);
    }
}
