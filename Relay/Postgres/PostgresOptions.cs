namespace Cecelia.Relay.Postgres;

/// <summary>Options of the bridge from PostgreSQL. Immutable.</summary>
internal sealed record PostgresOptions
{
    /// <summary>The database with the table <c>runs</c>. Default null: there is no bridge, and PostgreSQL is not used.</summary>
    public PostgresUrl? Url { get; init; }
}
