using System.Net.Sockets;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// The unpublished changes in the table <c>cecelia.run_changes</c>, over one connection, which is discarded at the first failure. For one caller at a time.
/// Every member has a deadline of a few seconds, after which it throws <see cref="PostgresUnreachableException"/>.
/// </summary>
/// <remarks>
/// A read returns all committed changes, and only a delete removes one. So changes may be committed in an order that differs from that of their numbers: a
/// newest number before which a change could be missed does not exist. The changes of one run are in order, since the run is locked from drawing the number to
/// the commit.
/// </remarks>
internal sealed class RunChanges : IAsyncDisposable
{
    /// <summary>Deadline of a request in Npgsql. If Npgsql itself hangs, <see cref="LastDeadline"/> applies a second later.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LastDeadline = Deadline + TimeSpan.FromSeconds(1);

    /// <summary>Maximum size of a page. Bounds memory, and the time that Redis is busy with one MULTI (256 events: 1 to 2 ms).</summary>
    private const int MaxPageRows = 256;
    private const int MaxPageBytes = 1024 * 1024;

    /// <summary>First half of the key of the advisory lock that all bridges share. The second half identifies the Redis that a bridge publishes to.</summary>
    private const int LockClass = 0x43656365;

    /// <summary>Without this row, the trigger does not record changes.</summary>
    private const string AnnounceReader = "INSERT INTO cecelia.bridge DEFAULT VALUES ON CONFLICT DO NOTHING";

    private readonly PostgresUrl _url;
    private readonly TimeProvider _time;
    private readonly NpgsqlDataSource _database;
    private readonly NpgsqlConnection _connection;
    private volatile bool _isNotified;

    private RunChanges(PostgresUrl url, TimeProvider time)
    {
        _url = url;
        _time = time;
        var database = new NpgsqlDataSourceBuilder(url.ToConnectionString(Deadline));
        // Built-in types are enough, and loading the others fails if an enum has a label that is not UTF-8.
        database.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        _database = database.Build();
        _connection = _database.CreateConnection();
        _connection.Notification += (_, _) => _isNotified = true;
    }

    /// <summary>Connects, listens for notifications, and registers a reader, from which on the trigger records changes.</summary>
    /// <param name="url">The database.</param>
    /// <param name="source">Identifies the Redis that the caller publishes to. With two of them, each would get only some of the changes.</param>
    /// <param name="time">Clock for deadlines.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    public static async Task<RunChanges> OpenAsync(PostgresUrl url, string source, TimeProvider time, CancellationToken cancellationToken)
    {
        var changes = new RunChanges(url, time);
        try
        {
            await changes.RequestAsync(() => changes._connection.OpenAsync(cancellationToken));
            // With asynchronous commit, deleted changes could reappear after a crash of the database, and would be published again.
            await changes.ExecuteAsync("SET synchronous_commit TO on; LISTEN cecelia_runs; " + AnnounceReader);
            await changes.ShareLockAsync(KeyOf(source));
            return changes;
        }
        catch
        {
            await changes.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Returns a page of the oldest changes by number, which has at least one change if there is any. A row that PostgreSQL cannot send as UTF-8 is a page by
    /// itself, with its <see cref="RunChange.Fault"/>.
    /// </summary>
    public async Task<IReadOnlyList<RunChange>> ReadAsync()
    {
        // A notification from now on may be for a change that this read does not include.
        _isNotified = false;
        // One unreadable row fails the whole query. The rows before it are read with smaller pages, until one ends before it.
        for (int rows = MaxPageRows; rows > 0; rows /= 2)
        {
            if (await TryReadAsync(rows) is { } page) return page;
        }

        // Another change may have been committed before it meanwhile, so verify that the one to be skipped is unreadable.
        if (await ReadBareAsync() is not { } oldest) return [];
        return await TryReadAsync(1, oldest.Id.Seq) ?? [oldest];
    }

    /// <summary>Returns the reasons why changes may not be recorded; none if all are. A check that cannot be made is a reason too.</summary>
    public Task<IReadOnlyList<string>> FindUnrecordedAsync() => RequestAsync(async () =>
    {
        var findings = new List<string>();
        // The row existed when this connection was opened.
        await using var bridge = new NpgsqlCommand(AnnounceReader, _connection);
        if (await bridge.ExecuteNonQueryAsync() > 0)
        {
            findings.Add("the row of cecelia.bridge was missing, so that changes of up to a minute were not recorded; it was restored");
        }

        try
        {
            await using var command = new NpgsqlCommand(RunTriggers.Query, _connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) findings.Add(_url.Clean(reader.GetString(0)));
        }
        catch (PostgresException refused)
        {
            // No access to a catalog, or a name that is not UTF-8: publishing continues.
            findings.Add(_url.Clean($"the triggers could not be checked: {refused.MessageText}"));
        }

        return (IReadOnlyList<string>)findings;
    });

    /// <summary>Returns null if PostgreSQL cannot send one of the rows as UTF-8.</summary>
    private Task<IReadOnlyList<RunChange>?> TryReadAsync(int rows, long? seq = null) => RequestAsync(async () =>
    {
        try
        {
            await using var command = new NpgsqlCommand(
                "SELECT seq, at, change, run::text, omitted, lost, (extract(epoch FROM clock_timestamp() - at) * 1000)::bigint FROM "
                    + "cecelia.run_changes WHERE seq = coalesce($2, seq) ORDER BY seq LIMIT $1", _connection)
            {
                Parameters = { new() { Value = rows }, new() { Value = (object?)seq ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint } },
            };
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            var page = new List<RunChange>();
            for (int bytes = 0; bytes < MaxPageBytes && await reader.ReadAsync();)
            {
                byte[] run = reader.IsDBNull(3) ? [] : reader.GetFieldValue<byte[]>(3);
                bytes += run.Length;
                page.Add(new RunChange(
                    new RunChangeId(reader.GetInt64(0), reader.GetDateTime(1)),
                    reader.GetString(2),
                    run,
                    reader.IsDBNull(4) ? [] : reader.GetFieldValue<string[]>(4),
                    reader.IsDBNull(5) ? 0 : reader.GetInt64(5),
                    Math.Max(reader.GetInt64(6), 0)));
            }

            return (IReadOnlyList<RunChange>?)page;
        }
        catch (PostgresException notUtf8) when (notUtf8.SqlState is PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter)
        {
            return null;
        }
    });

    /// <summary>Returns the oldest change without its row, but with the row's id in ASCII; null if there are no changes.</summary>
    private Task<RunChange?> ReadBareAsync() => RequestAsync(async () =>
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT seq, at, (extract(epoch FROM clock_timestamp() - at) * 1000)::bigint,
              encode(convert_to(left(substring(run::text from '"id" ?: ?("[^"]*"|[-0-9]+)'), 80), getdatabaseencoding()), 'escape')
            FROM cecelia.run_changes ORDER BY seq LIMIT 1
            """,
            _connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync()) return null;
        string id = reader.IsDBNull(3) ? "unknown" : reader.GetString(3);
        return new RunChange(new RunChangeId(reader.GetInt64(0), reader.GetDateTime(1)), "other", [], [], 0, Math.Max(reader.GetInt64(2), 0))
        {
            Fault = _url.Clean($"the row with id {id} contains text that cannot be converted to UTF-8"),
        };
    });

    /// <summary>Deletes the changes. Those that do not exist are ignored.</summary>
    public Task DeleteAsync(IReadOnlyCollection<RunChangeId> ids) => ids.Count == 0
        ? Task.CompletedTask
        : ExecuteAsync(
            "DELETE FROM cecelia.run_changes c USING unnest($1, $2) AS done(seq, at) WHERE c.seq = done.seq AND c.at = done.at",
            new NpgsqlParameter { Value = ids.Select(id => id.Seq).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            new NpgsqlParameter { Value = ids.Select(id => id.At).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });

    /// <summary>Returns when the trigger has notified of a change since the last read, or after <paramref name="timeout"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // The notification may have arrived with the last response, and Npgsql does not report it again.
        if (_isNotified) return;
        await RequestAsync(() => _connection.WaitAsync(timeout, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        // A close that hangs ends with Npgsql's own deadline, in the background. Failures are ignored.
        Task closing = Task.Run(async () =>
        {
            await _connection.DisposeAsync();
            await _database.DisposeAsync();
        });
        await closing.WaitAsync(TimeSpan.FromSeconds(1), _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Takes a shared lock that is only checked and never waited for. Instances on one Redis share it, including one that was suspended and still holds it.
    /// </summary>
    private async Task ShareLockAsync(int key)
    {
        await ExecuteAsync("SELECT pg_advisory_lock_shared($1, $2)", new() { Value = LockClass }, new() { Value = key });
        bool alone = await RequestAsync(async () =>
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::bigint::oid AND objid <> $2::bigint::oid
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                """,
                _connection)
            {
                Parameters = { new() { Value = (long)LockClass }, new() { Value = (long)key } },
            };
            return (bool)(await command.ExecuteScalarAsync())!;
        });
        if (!alone)
        {
            throw new PostgresUnreachableException(
                $"{_url.Server}: relays on another Redis, or with another CECELIA_CHANNEL_PREFIX, already read the changes of this database");
        }
    }

    private Task<bool> ExecuteAsync(string sql, params NpgsqlParameter[] parameters) => RequestAsync(async () =>
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (NpgsqlParameter parameter in parameters) command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync();
    });

    private Task<bool> RequestAsync(Func<Task> request) => RequestAsync(async () =>
    {
        await request();
        return true;
    });

    private async Task<T> RequestAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request().WaitAsync(LastDeadline, _time);
        }
        catch (Exception failure) when (
            failure is NpgsqlException or TimeoutException or IOException or SocketException or InvalidOperationException or InvalidCastException)
        {
            // InvalidOperationException: the connection is already closed. InvalidCastException: the table has unexpected column types.
            throw new PostgresUnreachableException(_url.Clean($"{_url.Server}: {Describe(failure)}"));
        }
    }

    private static string Describe(Exception failure) => failure switch
    {
        PostgresException
        {
            SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn,
        } missing => $"run deploy/brain/runs.sql on the database: {missing.MessageText}",
        PostgresException
        {
            SqlState: PostgresErrorCodes.InsufficientPrivilege,
        } forbidden => $"grant the permissions in deploy/brain/runs.sql: {forbidden.MessageText}",
        PostgresException error => $"PostgreSQL error {error.SqlState}: {error.MessageText}",
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "connection refused",
        TimeoutException or { InnerException: TimeoutException } => "no response in time",
        { InnerException: { } inner } => $"{failure.Message}: {inner.Message}",
        _ => failure.Message,
    };

    /// <summary>Returns the FNV-1a hash, made non-negative. It is the same in every process.</summary>
    private static int KeyOf(string source) =>
        (int)(Encoding.UTF8.GetBytes(source).Aggregate(2166136261u, (hash, one) => (hash ^ one) * 16777619u) & int.MaxValue);
}
