using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Checks on a bare connection whether a host is a Redis server that accepts the relay and delivers events: TCP, TLS, AUTH, SELECT, PING, ROLE, and INFO
/// replication unless it is certainly a primary. The client library is slow to report a failed connection and seldom says why. This check takes a
/// millisecond, and a Redis that was paused answers it as soon as it continues.
/// </summary>
internal static class RedisPreflight
{
    /// <summary>Maximum length of a line. An error line of Redis has less than 300 bytes; a longer one comes from a different server.</summary>
    private const int MaxAnswerBytes = 1024;

    /// <summary>Maximum length of a reply. INFO replication has less than 1 KB plus a line of 100 bytes for each replica of the server.</summary>
    private const int MaxInfoBytes = 64 * 1024;

    /// <summary>
    /// The index of the role after the line of PONG: <c>*5 $5 slave $9 127.0.0.1 :6379 $9 connected :14</c>, one line each. A server that does not
    /// support ROLE or does not permit it answers with one line, an error.
    /// </summary>
    private const int RoleLine = 3;

    /// <summary>The index of the state of a replica's link to its primary.</summary>
    private const int LinkLine = 8;

    /// <summary>
    /// Checks all hosts at once. Returns the first primary that answers, or else the replica that last received data from its primary, or else the reasons of
    /// all hosts.
    /// </summary>
    public static async Task<RedisAnswer> FindAsync(RedisUrl url, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        if (url.Sentinel is { } sentinel) return await sentinel.FindAsync(url, deadline, time, cancellationToken);
        if (url.Hosts.Count == 1) return await RedisCluster.AskAsync(url, url.Hosts[0], deadline, time, cancellationToken);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<RedisAnswer>> asked = [.. url.Hosts.Select(host => RedisCluster.AskAsync(url, host, deadline, time, enough.Token))];
        var answers = new List<RedisAnswer>();
        await foreach (Task<RedisAnswer> task in Task.WhenEach(asked).WithCancellation(cancellationToken))
        {
            RedisAnswer answer = await task;
            answers.Add(answer);
            if (answer.Kind != RedisAnswerKind.Pong || answer.Role.Kind == RedisRoleKind.Replica) continue;
            await enough.CancelAsync();
            // The others end with the cancellation that was just requested.
            await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return answer;
        }

        if (answers.Where(answer => answer.Kind == RedisAnswerKind.Pong).MinBy(answer => answer.Role.Age) is { } replica) return replica;
        RedisAnswer clearest = answers.MinBy(answer => answer.Kind)!;
        IEnumerable<string> reasons = answers.OrderBy(answer => RedisUrl.Name(answer.Host), StringComparer.Ordinal).Select(answer => answer.Reason);
        return clearest with { Reason = string.Join("; ", reasons.Distinct(StringComparer.Ordinal)) };
    }

    /// <summary>Checks one host.</summary>
    public static Task<RedisAnswer> AskAsync(RedisUrl url, EndPoint host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken) =>
        AskAsync(url, host, (stream, token) => ExchangeAsync(stream, url, host, token), deadline, time, cancellationToken);

    /// <summary>Checks one host by a given conversation.</summary>
    public static async Task<RedisAnswer> AskAsync(
        RedisUrl url, EndPoint host, Func<Stream, CancellationToken, Task<RedisAnswer>> converse,
        TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        string stage = "the connection";
        try
        {
            using Socket socket = await RedisConnector.ConnectAsync(host, time, either.Token);
            Stream stream = new NetworkStream(socket);
            if (url.Tls)
            {
                stage = "TLS (does this port speak it? redis:// is without)";
                stream = await SecureAsync(stream, url, host, either.Token);
            }

            await using (stream)
            {
                stage = "PING";
                return await converse(stream, either.Token) with { Address = AddressOf(socket) };
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Answer(RedisAnswerKind.Silent, $"{stage} was not answered in time");
        }
        catch (AuthenticationException failure)
        {
            return Answer(RedisAnswerKind.TlsFailed, TlsFailure(url, failure));
        }
        catch (SocketException failure)
        {
            return Answer(RedisAnswerKind.Unreachable, Describe(failure.SocketErrorCode));
        }
        catch (Exception failure) when (failure is OutOfMemoryException or TaskSchedulerException)
        {
            return Answer(RedisAnswerKind.Unreachable, RedisClient.Describe(failure));
        }
        catch (IOException failure) when (stage != "PING")
        {
            return Answer(RedisAnswerKind.TlsFailed, TlsFailure(url, failure));
        }
        catch (IOException)
        {
            return Answer(RedisAnswerKind.NotRedis, "closed the connection without an answer" + TlsHint(url));
        }

        RedisAnswer Answer(RedisAnswerKind kind, string reason) => new(host, kind, $"{RedisUrl.Name(host)}: {url.Clean(reason)}");
    }

    /// <summary>Unwraps an IPv4 address: a dual-stack socket reports it as an IPv6 address, which not every library accepts.</summary>
    private static IPEndPoint? AddressOf(Socket socket) =>
        socket.RemoteEndPoint is not IPEndPoint remote
            ? null
            : remote.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port)
            : remote;

    private static async Task<SslStream> SecureAsync(Stream plain, RedisUrl url, EndPoint host, CancellationToken cancellationToken)
    {
        var secure = new SslStream(plain);
        try
        {
            await secure.AuthenticateAsClientAsync(url.ToTlsOptions(host), cancellationToken);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private static async Task<RedisAnswer> ExchangeAsync(Stream stream, RedisUrl url, EndPoint host, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(
            (byte[])[.. RespCommand.WriteAuth(url) ?? [], .. RespCommand.WriteSelect(url) ?? [], .. RespCommand.Write("PING"), .. RespCommand.Write("ROLE")],
            cancellationToken);
        int pong = (url.Password is null ? 0 : 1) + (url.Database == 0 ? 0 : 1);
        List<string>? lines = await ReadLinesAsync(stream, pong, cancellationToken);
        if (lines is null or [])
        {
            return Answer(RedisAnswerKind.NotRedis, lines is null ? "does not speak Redis" : "closed the connection without an answer" + TlsHint(url));
        }

        if (lines.Take(pong + 1).FirstOrDefault(line => line.StartsWith('-')) is { } refusal)
        {
            string hint = refusal.Contains("not allowed in cluster mode", StringComparison.Ordinal)
                ? " (a Redis Cluster has database 0 only, so the URL must not name another)"
                : "";
            return Answer(
                refusal.StartsWith("-LOADING", StringComparison.Ordinal) ? RedisAnswerKind.Loading : RedisAnswerKind.Refused,
                $"Redis says {refusal[1..]}{hint}");
        }

        if (lines.Count <= pong || lines[pong] != "+PONG")
        {
            bool alert = lines[0].StartsWith('\u0015');
            return Answer(RedisAnswerKind.NotRedis, alert ? "does not speak Redis" + TlsHint(url) : $"does not speak Redis: '{lines[0]}'");
        }

        RedisRole role = await AskRoleAsync(stream, [.. lines.Skip(pong + 1)], cancellationToken);
        if (role.Kind != RedisRoleKind.Sentinel)
        {
            SlotAnswer slot = await RedisCluster.AskSlotAsync(words => AskLateAsync(stream, words, cancellationToken), url, host);
            if (slot.Fault is { } reason) return Answer(slot.IsDown ? RedisAnswerKind.NoPrimary : RedisAnswerKind.Refused, reason);
            // The problems of a replica in a cluster do not matter, since it names the master.
            if (slot.IsCluster && (slot.Owner is not null || role.FindFault() is null))
            {
                return Answer(RedisAnswerKind.Pong, "") with { Reason = "", Role = role, IsCluster = true, SlotOwner = slot.Owner };
            }
        }

        if (role.FindFault() is { } fault) return Answer(role.Kind == RedisRoleKind.Replica ? RedisAnswerKind.NoPrimary : RedisAnswerKind.Refused, fault);
        return Answer(RedisAnswerKind.Pong, "") with { Reason = "", Role = role };

        RedisAnswer Answer(RedisAnswerKind kind, string reason) => new(host, kind, $"{RedisUrl.Name(host)}: {url.Clean(reason)}");
    }

    /// <summary>Reads the lines of the reply to ROLE, and requests INFO for what they do not contain.</summary>
    private static async Task<RedisRole> AskRoleAsync(Stream stream, List<string> lines, CancellationToken cancellationToken)
    {
        // A line with the length precedes each element except the port.
        string?[] words = lines.Count < RoleLine || lines[0].StartsWith('-')
            ? []
            : [lines[RoleLine - 1], lines.ElementAtOrDefault(4), lines.ElementAtOrDefault(5)?.TrimStart(':'), lines.ElementAtOrDefault(LinkLine - 1)];
        RedisRole role = RedisRole.Read(words, info: null);
        if (role.Kind is RedisRoleKind.Primary or RedisRoleKind.Sentinel) return role;

        return RedisRole.Read(words, await AskLateAsync(stream, ["INFO", "replication"], cancellationToken));
    }

    /// <summary>Sends a command and a PING. Returns the result of <see cref="ReadToPongAsync"/>.</summary>
    private static async Task<string> AskLateAsync(Stream stream, string[] words, CancellationToken cancellationToken)
    {
        await stream.WriteAsync((byte[])[.. RespCommand.Write(words), .. RespCommand.Write("PING")], cancellationToken);
        return await ReadToPongAsync(stream, cancellationToken);
    }

    /// <summary>
    /// Reads all text up to the reply to a PING, including the end of the replies before it; less if the connection is closed or there is too much.
    /// </summary>
    private static async Task<string> ReadToPongAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxInfoBytes];
        int length = 0;
        while (length < buffer.Length && !buffer.AsSpan(0, length).EndsWith("+PONG\r\n"u8))
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) break;
            length += read;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    /// <summary>
    /// Reads lines. Returns null if there is more text than in any answer of Redis, and fewer lines when the connection was closed or an error was
    /// received.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="pong">The index of the line of the answer to PING, from 0.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    private static async Task<List<string>?> ReadLinesAsync(Stream stream, int pong, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxAnswerBytes];
        int length = 0;
        while (true)
        {
            string[] parts = Encoding.UTF8.GetString(buffer, 0, length).Split("\r\n");
            List<string> lines = [.. parts.Take(parts.Length - 1)];
            int wanted = pong + 1 + (lines.Count > pong + RoleLine && lines[pong + RoleLine] == RedisRole.ReplicaWord ? LinkLine : RoleLine);
            if (lines.Count >= wanted || lines.Exists(line => line.StartsWith('-'))) return lines;
            if (length == buffer.Length) return null;
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            // A rest without a line end is kept: the start of a TLS alert or of another protocol identifies the server.
            if (read == 0) return parts[^1].Length > 0 ? [.. lines, parts[^1]] : lines;
            length += read;
        }
    }

    private static string TlsFailure(RedisUrl url, Exception failure) =>
        $"TLS failed: {failure.Message}" + OldCertificates(url);

    /// <summary>Returns a hint for a closed connection: with TLS 1.3 a client certificate is refused after the handshake, by closing the connection.</summary>
    private static string TlsHint(RedisUrl url) =>
        url.Tls ? " (it may want another client certificate)" + OldCertificates(url) : " (a port for TLS? then the URL begins with rediss://)";

    private static string OldCertificates(RedisUrl url) =>
        url.Certificates.Fault is { } fault ? $" (with the certificates read before, because the configuration {fault})" : "";

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host name is not known",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to the host",
        SocketError.TooManyOpenSockets => "no descriptor is left for a connection",
        SocketError.TimedOut => "the connection was not answered in time",
        _ => $"no connection ({error})",
    };
}
