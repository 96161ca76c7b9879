namespace Cecelia.Relay.Redis;

/// <summary>The part that counts messages by SPUBLISH in a cluster. They are not delivered as events, but the publisher's error is reported.</summary>
internal sealed partial class RedisLink
{
    private long _shardMessages;

    /// <summary>Messages by SPUBLISH of the current session.</summary>
    private long _shardMessagesOfSession;

    /// <summary>Messages by SPUBLISH on the channel of events of a cluster, which are not delivered.</summary>
    public long ShardMessages => Volatile.Read(ref _shardMessages);

    /// <summary>Counts messages by SPUBLISH and warns at the first.</summary>
    private void NoteShardMessages(RedisSession session)
    {
        long count = session.ShardMessages, fresh = count - _shardMessagesOfSession;
        if (fresh == 0) return;
        _shardMessagesOfSession = count;
        if (_shardMessages == 0) LogShardMessages(_logger, _names.EventsName);
        _status = _status with { LastShardMessage = _time.GetUtcNow() };
        // Last, so that the warning precedes the count.
        Interlocked.Add(ref _shardMessages, fresh);
    }
}
