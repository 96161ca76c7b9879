namespace Cecelia.Relay.Duties;

/// <summary>The background duties. Closed: each has a word that metrics, <c>/readyz</c> and <c>/api/v1/status</c> use.</summary>
internal enum DutyName
{
    /// <summary>The link to Redis, over which events arrive.</summary>
    RedisLink,

    /// <summary>Following failovers that Sentinels announce.</summary>
    RedisSentinel,

    /// <summary>Keeping the copy of history and state that a later instance starts from.</summary>
    HandoffCopy,

    /// <summary>Answering instances that ask for history and state.</summary>
    HandoffAnswers,

    /// <summary>Publishing clients' commands.</summary>
    Commands,

    /// <summary>Publishing the changes of the table <c>runs</c>.</summary>
    Postgres,

    /// <summary>Enforcing the deadlines of connections.</summary>
    Sweeper,
}

/// <summary>The words of <see cref="DutyName"/>, and which duties the service depends on.</summary>
internal static class DutyNames
{
    public static string ToWireName(this DutyName name) => name switch
    {
        DutyName.RedisLink => "redis_link",
        DutyName.RedisSentinel => "redis_sentinel",
        DutyName.HandoffCopy => "handoff_copy",
        DutyName.HandoffAnswers => "handoff_answers",
        DutyName.Commands => "commands",
        DutyName.Postgres => "postgres",
        _ => "sweeper",
    };

    /// <summary>True if the instance should get no new clients while the duty does not run.</summary>
    public static bool IsRequired(this DutyName name) => name == DutyName.RedisLink;
}
