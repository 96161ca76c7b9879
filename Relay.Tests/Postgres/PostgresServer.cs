using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>A test's own real PostgreSQL on loopback, in a directory that is deleted with it. It trusts every user that connects.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Missing =
        "Missing: PostgreSQL 14 or later (initdb, postgres, psql), which the tests start themselves. "
        + "On Debian: apt-get install postgresql, as `make test` does when it is root";

    /// <summary>PostgreSQL refuses to run as root. This user comes with the package.</summary>
    private const string User = "postgres";

    private readonly string _directory = Directory.CreateTempSubdirectory("relay-postgres-").FullName;
    private readonly StringBuilder _output = new();
    private Process? _process;
    private int _databases;

    private PostgresServer(int port) => Port = port;

    public int Port { get; }

    private string Data => Path.Combine(_directory, "data");

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer(RedisServer.FreePort());
        try
        {
            if (Environment.IsPrivilegedProcess) await RunAsync("chown", [User, server._directory]);
            await RunAsync(AsUser(Program("initdb"), ["-D", server.Data, "-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C", "--no-sync"]));
            await server.LaunchAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates an empty database.</summary>
    /// <param name="withRuns">True to run deploy/brain/runs.sql on it.</param>
    /// <param name="encoding">An encoding, as PostgreSQL names it.</param>
    public async Task<PostgresDatabase> CreateDatabaseAsync(bool withRuns = true, string encoding = "UTF8")
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"brain{Interlocked.Increment(ref _databases)}");
        await new PostgresDatabase(Port, "postgres").ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'");
        var database = new PostgresDatabase(Port, name);
        if (withRuns) await database.RunScriptAsync();
        return database;
    }

    /// <summary>Ends every session at once without notifying the clients; committed data remains.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        // SIGQUIT: at once, and it releases its shared memory, which a SIGKILL leaves behind.
        await RunAsync("kill", ["-QUIT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync().Within();
        process.Dispose();
    }

    /// <summary>Starts it on the same port, with its data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await LaunchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Returns the program in the package's directory (on Debian not in the PATH; the newest version), else the first in the PATH.</summary>
    public static string Program(string name)
    {
        const string Packages = "/usr/lib/postgresql";
        IEnumerable<string> packaged = !Directory.Exists(Packages)
            ? []
            : Directory.GetDirectories(Packages)
                .Where(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
                .OrderByDescending(folder => double.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
                .Select(folder => Path.Combine(folder, "bin"));
        return packaged.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException($"{Missing}. ({name} was not found.)");
    }

    /// <summary>Runs a program. Fails unless it exits with 0.</summary>
    public static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        var output = new StringBuilder();
        using Process process = Launch(program, arguments, output);
        await process.WaitForExitAsync().Within();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {output}");
    }

    private static Task RunAsync((string Program, IEnumerable<string> Arguments) command) => RunAsync(command.Program, command.Arguments);

    private static (string Program, IEnumerable<string> Arguments) AsUser(string program, string[] arguments) =>
        Environment.IsPrivilegedProcess ? ("setpriv", ["--reuid", User, "--regid", User, "--clear-groups", program, .. arguments]) : (program, arguments);

    private static Process Launch(string program, IEnumerable<string> arguments, StringBuilder output)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        // Override this machine's settings: the tests use their own server.
        foreach (string inherited in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(inherited);
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => AppendOutput(output, line.Data);
        process.ErrorDataReceived += (_, line) => AppendOutput(output, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void AppendOutput(StringBuilder output, string? line)
    {
        lock (output) output.AppendLine(line);
    }

    private async Task LaunchAsync()
    {
        (string program, IEnumerable<string> arguments) = AsUser(
            Program("postgres"),
            [
                "-D",
                Data,
                "-p",
                Port.ToString(CultureInfo.InvariantCulture),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=50",
            ]);
        Process process = Launch(program, arguments, _output);
        _process = process;
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"postgres has exited: {_output}");
                try
                {
                    await new PostgresDatabase(Port, "postgres").ExecuteAsync("SELECT");
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            TestTimeouts.Default,
            () => $"postgres does not respond: {_output}");
    }
}

/// <summary>One database, as Brain uses it: each statement on its own connection.</summary>
internal sealed class PostgresDatabase(int port, string name)
{
    private readonly string _connection = new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = "test",
        Database = name,
        Pooling = false,
    }.ConnectionString;

    /// <summary>The URL for the relay.</summary>
    public string Url => UrlAt(port);

    /// <summary>Returns the URL for the relay through another port.</summary>
    public string UrlAt(int otherPort) => string.Create(CultureInfo.InvariantCulture, $"postgresql://test@127.0.0.1:{otherPort}/{name}");

    /// <summary>Runs deploy/brain/runs.sql as an operator does.</summary>
    public Task RunScriptAsync() => PostgresServer.RunAsync(
        PostgresServer.Program("psql"),
        ["-q", "-v", "ON_ERROR_STOP=1", "-d", Url, "-f", Path.Combine(Hosting.Repository.Root, "deploy", "brain", "runs.sql")]);

    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync().Within();
        return connection;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>Returns the first column of each row, as text.</summary>
    public async Task<string[]> QueryAsync(string sql)
    {
        await using NpgsqlConnection connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().Within();
        var rows = new List<string>();
        while (await reader.ReadAsync().Within()) rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture) ?? "");
        return [.. rows];
    }

    /// <summary>Returns the number of changes that no relay has published.</summary>
    public async Task<int> WaitingAsync() => int.Parse((await QueryAsync("SELECT count(*) FROM cecelia.run_changes"))[0], CultureInfo.InvariantCulture);
}

/// <summary>Short methods for the statements of a test.</summary>
internal static class PostgresStatements
{
    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().Within();
    }
}

/// <summary>One PostgreSQL for all tests that do not stop it: each has its own database.</summary>
public sealed class RealPostgres : IAsyncLifetime
{
    internal PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
