namespace Cecelia.Relay.Postgres;

/// <summary>PostgreSQL did not serve a request. The same failure has the same message, which is for operators and does not contain a password.</summary>
internal sealed class PostgresUnreachableException(string message) : Exception(message);
