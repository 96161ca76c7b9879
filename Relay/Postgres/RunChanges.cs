using System.Net.Sockets;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// The table <c>cecelia.run_changes</c> over one connection, which is thrown away with the first failure: what nobody has published yet. For one caller at a
/// time. Every member throws <see cref="PostgresUnreachableException"/> after a few seconds, whatever hangs.
/// </summary>
/// <remarks>
/// A read gives all that is committed, and only deleting takes a change out. So it does not matter that changes are committed in another order than that of
/// their numbers: there is no "newest number" behind which one could be overlooked. Those of one run are in order: the run was locked from the number to the commit.
/// </remarks>
internal sealed class RunChanges : IAsyncDisposable
{
    /// <summary>For each request; Npgsql's own and, should it hang all the same, ours a second later.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LastDeadline = Deadline + TimeSpan.FromSeconds(1);

    /// <summary>Most of one page: what is held in memory, and for how long Redis is busy with one MULTI (256 events: 1 to 2 ms).</summary>
    private const int MaxPageRows = 256;
    private const int MaxPageBytes = 1024 * 1024;

    /// <summary>The first half of the key of an advisory lock that each bridge shares; the second half says for which Redis it reads.</summary>
    private const int LockClass = 0x43656365;

    /// <summary>Where this row is missing, the trigger notes nothing.</summary>
    private const string AnnounceReader = "INSERT INTO cecelia.bridge DEFAULT VALUES ON CONFLICT DO NOTHING";

    private readonly PostgresUrl _url;
    private readonly TimeProvider _time;
    private readonly NpgsqlDataSource _database;
    private readonly NpgsqlConnection _connection;
    private volatile bool _woken;

    private RunChanges(PostgresUrl url, TimeProvider time)
    {
        _url = url;
        _time = time;
        var database = new NpgsqlDataSourceBuilder(url.ToConnectionString(Deadline));
        // Built-in types are enough, and the label of an enum that is not UTF-8 would make loading the others fail.
        database.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        _database = database.Build();
        _connection = _database.CreateConnection();
        _connection.Notification += (_, _) => _woken = true;
    }

    /// <summary>Connects, listens, and says that a relay reads; from then on the trigger notes changes.</summary>
    /// <param name="url">Which database.</param>
    /// <param name="source">Names the Redis that we publish to: two of them would each get a part of the changes.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<RunChanges> OpenAsync(PostgresUrl url, string source, TimeProvider time, CancellationToken cancellationToken)
    {
        var changes = new RunChanges(url, time);
        try
        {
            await changes.AskAsync(() => changes._connection.OpenAsync(cancellationToken));
            // Where the database puts off writing to disk, a crash would bring back what was deleted, and it would be published again.
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
    /// The oldest changes by number, so many as make a page; at least one if there is any. A row that PostgreSQL cannot send as UTF-8 is a page of its own,
    /// with its <see cref="RunChange.Fault"/>.
    /// </summary>
    public async Task<IReadOnlyList<RunChange>> ReadAsync()
    {
        // What is told from now on may be about a change that this read does not see.
        _woken = false;
        // One unreadable row fails the whole query. The rows before it are read in pages that shrink until they end in front of it.
        for (int rows = MaxPageRows; rows > 0; rows /= 2)
        {
            if (await TryReadAsync(rows) is { } page) return page;
        }

        // Another may have been committed in front of it since, so the one that is skipped is proven to be unreadable.
        if (await ReadBareAsync() is not { } oldest) return [];
        return await TryReadAsync(1, oldest.Id.Seq) ?? [oldest];
    }

    /// <summary>Why changes may not be noted, a sentence each; none where all of them are. What cannot be looked at is a finding too.</summary>
    public Task<IReadOnlyList<string>> FindUnrecordedAsync() => AskAsync(async () =>
    {
        var findings = new List<string>();
        // Without its row the trigger notes nothing. It was there when this connection was opened.
        await using var bridge = new NpgsqlCommand(AnnounceReader, _connection);
        if (await bridge.ExecuteNonQueryAsync() > 0) findings.Add("the row of cecelia.bridge was missing, so nothing was noted for up to a minute; it is there again");
        try
        {
            await using var command = new NpgsqlCommand(RunTriggers.Query, _connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) findings.Add(_url.Clean(reader.GetString(0)));
        }
        catch (PostgresException refused)
        {
            // No right to a catalog, or a name that is not UTF-8: publishing continues.
            findings.Add(_url.Clean($"whether the triggers are in place could not be read: {refused.MessageText}"));
        }

        return (IReadOnlyList<string>)findings;
    });

    /// <summary>Null where PostgreSQL cannot send one of the rows as UTF-8.</summary>
    private Task<IReadOnlyList<RunChange>?> TryReadAsync(int rows, long? seq = null) => AskAsync(async () =>
    {
        try
        {
            await using var command = new NpgsqlCommand(
                "SELECT seq, at, change, run::text, omitted, lost, (extract(epoch FROM clock_timestamp() - at) * 1000)::bigint FROM cecelia.run_changes WHERE seq = coalesce($2, seq) ORDER BY seq LIMIT $1", _connection)
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

    /// <summary>The oldest change without its row, but with the row's id in ASCII; null where there is none.</summary>
    private Task<RunChange?> ReadBareAsync() => AskAsync(async () =>
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
            Fault = _url.Clean($"the row with id {id} holds text that has no form in UTF-8"),
        };
    });

    /// <summary>Takes out those of the changes that are there.</summary>
    public Task DeleteAsync(IReadOnlyCollection<RunChangeId> ids) => ids.Count == 0
        ? Task.CompletedTask
        : ExecuteAsync(
            "DELETE FROM cecelia.run_changes c USING unnest($1, $2) AS done(seq, at) WHERE c.seq = done.seq AND c.at = done.at",
            new NpgsqlParameter { Value = ids.Select(id => id.Seq).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            new NpgsqlParameter { Value = ids.Select(id => id.At).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });

    /// <summary>Returns when the trigger has told of a change since the last read, or after <paramref name="atMost"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        // It may have come with the answer to the last request; Npgsql would not say it again.
        if (_woken) return;
        await AskAsync(() => _connection.WaitAsync(atMost, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        // One that hangs ends when Npgsql's own deadline does; nobody needs to wait for that, and closing never fails here.
        Task closing = Task.Run(async () =>
        {
            await _connection.DisposeAsync();
            await _database.DisposeAsync();
        });
        await closing.WaitAsync(TimeSpan.FromSeconds(1), _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// A lock that is in nobody's way: it is looked at, not waited for. Instances on one Redis share it, also one that was stopped and holds it still.
    /// </summary>
    private async Task ShareLockAsync(int key)
    {
        await ExecuteAsync("SELECT pg_advisory_lock_shared($1, $2)", new() { Value = LockClass }, new() { Value = key });
        bool alone = await AskAsync(async () =>
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
        if (!alone) throw new PostgresUnreachableException($"{_url.Server}: relays on another Redis, or with another CECELIA_CHANNEL_PREFIX, read the changes of this database; only one of both can");
    }

    private Task<bool> ExecuteAsync(string sql, params NpgsqlParameter[] parameters) => AskAsync(async () =>
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (NpgsqlParameter parameter in parameters) command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync();
    });

    private Task<bool> AskAsync(Func<Task> ask) => AskAsync(async () =>
    {
        await ask();
        return true;
    });

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().WaitAsync(LastDeadline, _time);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException or SocketException or InvalidOperationException or InvalidCastException)
        {
            // InvalidOperationException: the connection is closed already; InvalidCastException: the table is another one than ours.
            throw new PostgresUnreachableException(_url.Clean($"{_url.Server}: {Describe(failure)}"));
        }
    }

    private static string Describe(Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn } missing => $"run deploy/brain/runs.sql on the database: {missing.MessageText}",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } forbidden => $"grant what deploy/brain/runs.sql names: {forbidden.MessageText}",
        PostgresException error => $"PostgreSQL says {error.SqlState}: {error.MessageText}",
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "connection refused",
        TimeoutException or { InnerException: TimeoutException } => "no answer in time",
        { InnerException: { } inner } => $"{failure.Message}: {inner.Message}",
        _ => failure.Message,
    };

    /// <summary>FNV-1a, without the sign: the same in every process.</summary>
    private static int KeyOf(string source) => (int)(Encoding.UTF8.GetBytes(source).Aggregate(2166136261u, (hash, one) => (hash ^ one) * 16777619u) & int.MaxValue);
}
