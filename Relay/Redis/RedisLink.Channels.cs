namespace Cecelia.Relay.Redis;

/// <summary>The part that subscribes to refused channels again, and to requests for a handoff.</summary>
internal sealed partial class RedisLink
{
    private async Task RetryRefusedAsync(RedisSession session, CancellationToken cancellationToken)
    {
        foreach (RedisChannelWatch channel in _channels.Where(channel => channel.IsDue(_time)))
        {
            try
            {
                NoteChannel(channel, await session.SubscribeAsync(channel, StepDeadline, cancellationToken));
                if (channel.Refusal is null)
                {
                    Interlocked.Increment(ref _swaps);
                    Interlocked.Increment(ref _lateChannels);
                    LogChannelPermitted(_logger, channel.Name);
                }

                MarkSubscribed(session);
            }
            catch (Exception failure) when (RedisClient.IsFailure(failure))
            {
                // The pending probe determines the state of the connection.
                NoteChannel(channel, RedisClient.Describe(failure));
            }
        }
    }

    /// <summary>Returns true if the session has not subscribed to requests and Redis has not refused that recently.</summary>
    private bool ShouldSubscribeToRequests(RedisSession session) => !session.IsSubscribedToRequests && (_requests.Refusal is null || _requests.IsDue(_time));

    private async Task SubscribeToRequestsAsync(RedisSession session, CancellationToken cancellationToken)
    {
        if (!_requestsWanted.Task.IsCompleted || !ShouldSubscribeToRequests(session)) return;
        try
        {
            string? refusal = await session.SubscribeRequestsAsync(_requests, StepDeadline, cancellationToken);
            if (refusal is not null && _requests.Refusal is null) LogHandoffRefused(_logger, _requests.Name, _url.Clean(refusal));
            if (refusal is null && _requests.Refusal is not null) LogHandoffPermitted(_logger, _requests.Name);
            _requests.Note(refusal, _time);
            _receivesRequests = refusal is null;
        }
        catch (Exception failure) when (RedisClient.IsFailure(failure))
        {
            // The pending probe determines the state of the connection.
            _requests.Note(RedisClient.Describe(failure), _time);
        }
    }

    private void NoteChannel(RedisChannelWatch channel, string? refusal)
    {
        channel.Note(refusal is null ? null : _url.Clean(refusal), _time);
        if (channel.Refusal is { } reason && _reasons.MayLog(channel.Name + reason)) LogChannelRefused(_logger, channel.Name, reason);
    }
}
