namespace Cecelia.Relay.Access;

/// <summary>The general permission of a token. Each role includes those before it.</summary>
internal enum Role
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Events and entity state, without the names of publishers and addresses of servers in gaps and link texts.</summary>
    Read,

    /// <summary>Also commands.</summary>
    Command,

    /// <summary>Also the endpoints for operators.</summary>
    Admin,
}

/// <summary>The names of <see cref="Role"/> in tokens and on the wire.</summary>
internal static class Roles
{
    public static string ToWireName(this Role role) => role switch
    {
        Role.Read => "read",
        Role.Command => "command",
        Role.Admin => "admin",
        _ => "none",
    };
}
