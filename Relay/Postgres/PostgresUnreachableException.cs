namespace Cecelia.Relay.Postgres;

/// <summary>PostgreSQL did not serve a request. The message is in plain words, the same for the same trouble, and holds no password.</summary>
internal sealed class PostgresUnreachableException(string message) : Exception(message);
