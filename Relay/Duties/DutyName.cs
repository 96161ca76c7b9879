namespace Cecelia.Relay.Duties;

/// <summary>The background duties. Closed: each has one name in metrics, <c>/readyz</c> and <c>/api/v1/status</c>.</summary>
internal enum DutyName
{
    /// <summary>The link to Redis, which receives events.</summary>
    RedisLink,

    /// <summary>Following the failovers that Sentinels announce.</summary>
    RedisSentinel,

    /// <summary>Saving the copy of journal and entity state that a later instance starts from.</summary>
    HandoffCopy,

    /// <summary>Sending journal and entity state to other instances on request.</summary>
    HandoffAnswers,

    /// <summary>Asking other instances, and answering them.</summary>
    Admin,

    /// <summary>Publishing clients' commands.</summary>
    Commands,

    /// <summary>Publishing the changes of the table <c>runs</c>.</summary>
    Postgres,

    /// <summary>Loading the keys that tokens are checked with.</summary>
    AccessKeys,

    /// <summary>Finding the tickets of open connections that were revoked.</summary>
    AccessTickets,

    /// <summary>Enforcing the deadlines of connections.</summary>
    Sweeper,

    /// <summary>Reloading certificates whose files have changed.</summary>
    Certificates,
}

/// <summary>Extensions of <see cref="DutyName"/>.</summary>
internal static class DutyNames
{
    public static string ToWireName(this DutyName name) => name switch
    {
        DutyName.RedisLink => "redis_link",
        DutyName.RedisSentinel => "redis_sentinel",
        DutyName.HandoffCopy => "handoff_copy",
        DutyName.HandoffAnswers => "handoff_answers",
        DutyName.Admin => "admin",
        DutyName.Commands => "commands",
        DutyName.Postgres => "postgres",
        DutyName.AccessKeys => "access_keys",
        DutyName.AccessTickets => "access_tickets",
        DutyName.Sweeper => "sweeper",
        _ => "certificates",
    };

    /// <summary>Returns whether the instance is not ready for new clients while the duty is not running.</summary>
    public static bool IsRequired(this DutyName name) => name == DutyName.RedisLink;
}
