namespace Cecelia.Relay.Postgres;

/// <summary>Where the table <c>runs</c> is. Immutable.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Default null: there is no bridge, and nothing of PostgreSQL is used.</summary>
    public PostgresUrl? Url { get; init; }
}
