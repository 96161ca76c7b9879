using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>What came of a request to Redis. Closed; none of them is thrown.</summary>
internal enum RedisOutcome
{
    /// <summary>Redis did it.</summary>
    Done,

    /// <summary>No connection, or no answer in time. Nobody knows whether Redis did it.</summary>
    Unreachable,

    /// <summary>NOPERM, NOAUTH: the user may not.</summary>
    Forbidden,

    /// <summary>The key holds something else than we put into such a key.</summary>
    WrongType,

    /// <summary>This Redis does not know the command.</summary>
    Unsupported,

    /// <summary>One command of a MULTI was refused, so none was done. The reason is that command's error.</summary>
    Aborted,

    /// <summary>Another node of the cluster has the slot of the key now. Nothing was carried out.</summary>
    Moved,

    /// <summary>Any other error of Redis: loading, out of memory, read only.</summary>
    Refused,

    /// <summary>A piece of it has not come in time, or is gone.</summary>
    Incomplete,

    /// <summary>Larger than the caller allows; nothing was read or written.</summary>
    TooLarge,

    /// <summary>Done, but our own link does not hear the channel on which the answer would come.</summary>
    NotReceived,
}

/// <summary>An outcome with what goes with it.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Value">Redis' answer; the default unless <paramref name="Outcome"/> is <see cref="RedisOutcome.Done"/>.</param>
/// <param name="Reason">Plain words without secrets, the same for the same trouble; empty when done.</param>
internal readonly record struct RedisReply<T>(RedisOutcome Outcome, T? Value, string Reason)
{
    public bool IsDone => Outcome == RedisOutcome.Done;

    /// <summary>The same trouble, of a request that would have given something else.</summary>
    public RedisReply<TOther> As<TOther>() => new(Outcome, default, Reason);
}

/// <summary>Makes replies.</summary>
internal static class RedisReply
{
    /// <summary>The first word of the error of a MULTI of which a command was refused.</summary>
    public const string AbortedWord = "EXECABORT";

    public static RedisReply<T> Done<T>(T value) => new(RedisOutcome.Done, value, "");

    /// <summary>By the first word of Redis' error, which is what its clients are meant to go by.</summary>
    public static RedisOutcome Classify(RedisServerException error) => error.Message switch
    {
        string text when text.StartsWith("NOPERM", StringComparison.Ordinal) || text.StartsWith("NOAUTH", StringComparison.Ordinal) => RedisOutcome.Forbidden,
        string text when text.StartsWith("WRONGTYPE", StringComparison.Ordinal) => RedisOutcome.WrongType,
        string text when RedisCluster.IsRedirection(text) => RedisOutcome.Moved,
        string text when text.StartsWith(AbortedWord, StringComparison.Ordinal) => RedisOutcome.Aborted,
        string text when text.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase) => RedisOutcome.Unsupported,
        _ => RedisOutcome.Refused,
    };
}
