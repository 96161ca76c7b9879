using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Asks hosts, on a bare connection, whether a Redis is there that lets us in: TCP, TLS, AUTH, PING. The client library's own attempt to connect is
/// slow to fail and seldom says why; this takes a millisecond, and a Redis that was stopped answers it the moment it goes on.
/// </summary>
internal static class RedisGreeting
{
    /// <summary>An error line of Redis has less than 300 bytes; what is longer comes from something else.</summary>
    private const int MaxAnswerBytes = 1024;

    /// <summary>Asks all hosts at once. The first primary that answers is taken, else a replica that answers, else every host's trouble is named.</summary>
    public static async Task<RedisAnswer> FindAsync(RedisUrl url, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        if (url.Hosts.Count == 1) return await AskAsync(url, url.Hosts[0], deadline, time, cancellationToken);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<RedisAnswer>> asked = [.. url.Hosts.Select(host => AskAsync(url, host, deadline, time, enough.Token))];
        var answers = new List<RedisAnswer>();
        await foreach (Task<RedisAnswer> task in Task.WhenEach(asked).WithCancellation(cancellationToken))
        {
            RedisAnswer answer = await task;
            answers.Add(answer);
            if (answer is not { Kind: RedisAnswerKind.Pong, IsReplica: false }) continue;
            await enough.CancelAsync();
            // The others end with a cancellation, which is what was asked for.
            await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return answer;
        }

        if (answers.Find(answer => answer.Kind == RedisAnswerKind.Pong) is { } replica) return replica;
        RedisAnswer clearest = answers.MinBy(answer => answer.Kind)!;
        return clearest with { Reason = string.Join("; ", answers.OrderBy(answer => RedisUrl.Name(answer.Host), StringComparer.Ordinal).Select(answer => answer.Reason).Distinct(StringComparer.Ordinal)) };
    }

    /// <summary>Asks one host.</summary>
    public static async Task<RedisAnswer> AskAsync(RedisUrl url, EndPoint host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        string stage = "the connection";
        try
        {
            using Socket socket = await RedisDial.ConnectAsync(host, time, either.Token);
            Stream stream = new NetworkStream(socket);
            if (url.Tls)
            {
                stage = "TLS (does this port speak it? redis:// is without)";
                stream = await SecureAsync(stream, url, host, either.Token);
            }

            await using (stream)
            {
                stage = "PING";
                return await ConverseAsync(stream, url, host, either.Token) with { Address = AddressOf(socket) };
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Answer(RedisAnswerKind.Silent, $"{stage} was not answered in time");
        }
        catch (AuthenticationException failure)
        {
            return Answer(RedisAnswerKind.TlsFailed, $"TLS failed: {failure.Message}");
        }
        catch (SocketException failure)
        {
            return Answer(RedisAnswerKind.Unreachable, Describe(failure.SocketErrorCode));
        }
        catch (IOException failure) when (stage != "PING")
        {
            return Answer(RedisAnswerKind.TlsFailed, $"TLS failed: {failure.Message}");
        }
        catch (IOException)
        {
            return Answer(RedisAnswerKind.NotRedis, "closed the connection without an answer" + TlsHint(url));
        }

        RedisAnswer Answer(RedisAnswerKind kind, string words) => new(host, kind, $"{RedisUrl.Name(host)}: {url.Clean(words)}");
    }

    /// <summary>A socket for both kinds of addresses gives an IPv4 one inside an IPv6 one, which not every library takes.</summary>
    private static IPEndPoint? AddressOf(Socket socket) =>
        socket.RemoteEndPoint is not IPEndPoint remote ? null : remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;

    private static async Task<SslStream> SecureAsync(Stream plain, RedisUrl url, EndPoint host, CancellationToken cancellationToken)
    {
        var secure = new SslStream(plain);
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = RedisUrl.HostOf(host), RemoteCertificateValidationCallback = url.CertificateValidation };
            await secure.AuthenticateAsClientAsync(options, cancellationToken);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private static async Task<RedisAnswer> ConverseAsync(Stream stream, RedisUrl url, EndPoint host, CancellationToken cancellationToken)
    {
        bool askRole = url.Hosts.Count > 1;
        await stream.WriteAsync(Request(url, askRole), cancellationToken);
        int wanted = (url.Password is null ? 1 : 2) + (askRole ? 3 : 0);
        List<string>? lines = await ReadLinesAsync(stream, wanted, cancellationToken);
        if (lines is null or []) return Answer(RedisAnswerKind.NotRedis, lines is null ? "does not speak Redis" : "closed the connection without an answer" + TlsHint(url));

        if (lines.Take(url.Password is null ? 1 : 2).FirstOrDefault(line => line.StartsWith('-')) is { } refusal)
        {
            return Answer(refusal.StartsWith("-LOADING", StringComparison.Ordinal) ? RedisAnswerKind.Loading : RedisAnswerKind.Refused, $"Redis says {refusal[1..]}");
        }

        int pong = url.Password is null ? 0 : 1;
        if (lines.Count <= pong || lines[pong] != "+PONG")
        {
            bool alert = lines[0].StartsWith('\u0015');
            return Answer(RedisAnswerKind.NotRedis, alert ? "does not speak Redis" + TlsHint(url) : $"does not speak Redis: '{lines[0]}'");
        }

        return Answer(RedisAnswerKind.Pong, "") with { Reason = "", IsReplica = lines.Count > pong + 3 && lines[pong + 3] == "slave" };

        RedisAnswer Answer(RedisAnswerKind kind, string words) => new(host, kind, $"{RedisUrl.Name(host)}: {url.Clean(words)}");
    }

    /// <summary>ROLE is answered by an array whose first element is the role; a server that knows no ROLE, or forbids it, is taken for a primary.</summary>
    private static byte[] Request(RedisUrl url, bool askRole)
    {
        var request = new MemoryStream();
        if (url.Password is { } password)
        {
            byte[] secret = Encoding.UTF8.GetBytes(password);
            request.Write(Encoding.ASCII.GetBytes($"*2\r\n$4\r\nAUTH\r\n${secret.Length}\r\n"));
            request.Write(secret);
            request.Write("\r\n"u8);
        }

        request.Write("*1\r\n$4\r\nPING\r\n"u8);
        if (askRole) request.Write("*1\r\n$4\r\nROLE\r\n"u8);
        return request.ToArray();
    }

    /// <summary>Null when more came than any answer of Redis has; fewer lines than wanted when the connection was closed or an error came.</summary>
    private static async Task<List<string>?> ReadLinesAsync(Stream stream, int wanted, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxAnswerBytes];
        int length = 0;
        while (true)
        {
            string[] parts = Encoding.UTF8.GetString(buffer, 0, length).Split("\r\n");
            List<string> lines = [.. parts.Take(parts.Length - 1).Take(wanted)];
            if (lines.Count == wanted || lines.Exists(line => line.StartsWith('-'))) return lines;
            if (length == buffer.Length) return null;
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            // What is left without a line end is kept: the start of a TLS alert or of another protocol tells what was met.
            if (read == 0) return parts[^1].Length > 0 ? [.. lines, parts[^1]] : lines;
            length += read;
        }
    }

    private static string TlsHint(RedisUrl url) => url.Tls ? "" : " (a port for TLS? then the URL begins with rediss://)";

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host name is not known",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to the host",
        SocketError.TimedOut => "the connection was not answered in time",
        _ => $"no connection ({error})",
    };
}
