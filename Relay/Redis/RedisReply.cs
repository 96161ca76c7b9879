using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>The outcome of a request to Redis. Closed; none of these is thrown.</summary>
internal enum RedisOutcome
{
    /// <summary>The request was carried out.</summary>
    Done,

    /// <summary>No connection, or no answer in time. It is unknown whether the request was carried out.</summary>
    Unreachable,

    /// <summary>NOPERM, NOAUTH: the user is not permitted to do it.</summary>
    Forbidden,

    /// <summary>The key holds a value that the relay did not write.</summary>
    WrongType,

    /// <summary>This Redis does not support the command.</summary>
    Unsupported,

    /// <summary>One command of a MULTI was refused, so none was executed. The reason is that command's error.</summary>
    Aborted,

    /// <summary>Another node of the cluster has the slot of the key now. Nothing was executed.</summary>
    Moved,

    /// <summary>Any other error of Redis: loading, out of memory, read only.</summary>
    Refused,

    /// <summary>A piece of the value did not arrive in time, or no longer exists.</summary>
    Incomplete,

    /// <summary>The value is larger than the caller allows. Nothing was read or written.</summary>
    TooLarge,

    /// <summary>It was carried out, but the link is not subscribed to the channel of the answer.</summary>
    NotReceived,
}

/// <summary>An outcome with its value or reason.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Value">The answer of Redis; the default unless <paramref name="Outcome"/> is <see cref="RedisOutcome.Done"/>.</param>
/// <param name="Reason">The reason in plain words without secrets, always the same for the same problem; empty when done.</param>
internal readonly record struct RedisReply<T>(RedisOutcome Outcome, T? Value, string Reason)
{
    public bool IsDone => Outcome == RedisOutcome.Done;

    /// <summary>Returns the same failure for a reply of another type.</summary>
    public RedisReply<TOther> As<TOther>() => new(Outcome, default, Reason);
}

/// <summary>Creates replies.</summary>
internal static class RedisReply
{
    /// <summary>The error code of a MULTI of which a command was refused.</summary>
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
