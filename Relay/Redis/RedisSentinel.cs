using System.Globalization;
using System.Net;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>
/// A master that Redis Sentinels monitor, and its last known server. The Sentinels are the hosts of the URL that this belongs to. All connections of that URL
/// share it: each leaves the old primary when any of them, or <see cref="RedisSentinelWatch"/>, has found a new one. Any thread.
/// </summary>
/// <remarks>
/// <para>
/// Sentinels may disagree: one that was partitioned names the old primary, and that one, after a restart, reports for ten seconds that it is a primary, until
/// it is reconfigured. Each failover has a greater number, the config-epoch. So only the Sentinels with the greatest are trusted, and the server itself must
/// report that it is a primary.
/// </para>
/// Example: of three Sentinels, A and B name 10.0.0.2 with epoch 4, and C names 10.0.0.1 with epoch 3. Only 10.0.0.2 is asked. If it is a replica or does not
/// answer, there is no primary for now. If no Sentinel answers at all, the last known primary is asked.
/// </remarks>
/// <param name="name">The name of the master in the Sentinels' configuration.</param>
/// <param name="password">The password of the Sentinels; null when they have none. Secret.</param>
internal sealed class RedisSentinel(string name, string? password)
{
    /// <summary>Maximum size of an answer. That of SENTINEL MASTER has about 1 KB.</summary>
    private const int MaxAnswerBytes = 16 * 1024;

    /// <summary>Maximum number of elements of an answer. That of SENTINEL MASTER has about 20 names and values.</summary>
    private const int MaxElements = 256;

    /// <summary>The epoch of a Sentinel that does not permit SENTINEL MASTER.</summary>
    private const long NoEpoch = -1;

    private readonly Lock _gate = new();
    private volatile EndPoint? _primary;
    private volatile TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The name of the master in the Sentinels' configuration.</summary>
    public string Name { get; } = name;

    /// <summary>The password of the Sentinels; null when they have none. Secret.</summary>
    public string? Password { get; } = password;

    /// <summary>The primary that was found last; null before the first.</summary>
    public EndPoint? Primary => _primary;

    /// <summary>Completes when a different primary is found. To be read before <see cref="FindMove"/> is called, so that no failover is overlooked.</summary>
    public Task Announcements => _news.Task;

    /// <summary>Returns why a connection to the server must be given up, without secrets; null when it need not.</summary>
    public string? FindMove(EndPoint server) =>
        _primary is { } primary && !primary.Equals(server) ? $"the primary of {Name} is {RedisUrl.Name(primary)} now, as the Sentinels say" : null;

    /// <summary>
    /// Asks all Sentinels at once, and checks the server that they name. Returns <see cref="RedisAnswerKind.Pong"/> if that server reports that it is a
    /// primary. Otherwise the reason contains that of every Sentinel, or of the server.
    /// </summary>
    /// <param name="url">The URL with the Sentinels as its hosts.</param>
    /// <param name="deadline">The deadline for the whole operation. Half of it is for the Sentinels.</param>
    /// <param name="time">The clock for the deadline.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<RedisAnswer> FindAsync(RedisUrl url, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        List<SentinelAnswer> answers = await AskAllAsync(url, deadline / 2, time, cancellationToken);
        List<SentinelAnswer> naming = [.. answers.Where(answer => answer.Named is not null)];
        long epoch = naming.Select(answer => answer.Epoch).DefaultIfEmpty(NoEpoch).Max();
        List<EndPoint> named = [.. naming.Where(answer => answer.Epoch == epoch).Select(answer => answer.Named!).Distinct()];
        string asked = $"the Sentinels name it as the master {Name}";
        if (named.Count == 0)
        {
            RedisAnswer failed = Join($"no Sentinel named the master {Name}", [.. answers.Select(answer => answer.Answer)]);
            // The answer of a Sentinel takes precedence. If all are away, the primary may still work.
            if (_primary is not { } last || answers.Exists(answer => answer.Answer.Kind is not (RedisAnswerKind.Unreachable or RedisAnswerKind.Silent)))
            {
                return failed;
            }

            named = [last];
            asked = failed.Reason;
        }

        TimeSpan rest = TimeSpan.FromTicks(Math.Max((deadline - time.GetElapsedTime(started)).Ticks, TimeSpan.TicksPerMillisecond));
        RedisAnswer[] servers = await Task.WhenAll(named.Select(server => RedisPreflight.AskAsync(url, server, rest, time, cancellationToken)));
        if (servers.FirstOrDefault(server => server.Kind == RedisAnswerKind.Pong && server.Role.Kind != RedisRoleKind.Replica) is not { } primary)
            return Join("no primary", [.. servers.Select(server => Explain(server, asked))]);
        Note(primary.Host);
        return primary;
    }

    /// <summary>Asks one Sentinel which server is the primary.</summary>
    /// <param name="sentinels">The URL from <see cref="RedisUrl.ToSentinels"/>.</param>
    /// <param name="host">The Sentinel.</param>
    /// <param name="deadline">The deadline for the whole operation.</param>
    /// <param name="time">The clock for the deadline.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<SentinelAnswer> AskAsync(RedisUrl sentinels, EndPoint host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        (EndPoint? Named, long Epoch) found = (null, NoEpoch);
        RedisAnswer answer = await RedisPreflight.AskAsync(sentinels, host, ConverseAsync, deadline, time, cancellationToken);
        if (answer.Kind != RedisAnswerKind.Pong) answer = answer with { Reason = "the Sentinel at " + answer.Reason };
        return new SentinelAnswer(answer, found.Named, found.Epoch);

        async Task<RedisAnswer> ConverseAsync(Stream stream, CancellationToken token)
        {
            byte[] auth = RespCommand.WriteAuth(sentinels) ?? [];
            await stream.WriteAsync(
                (byte[])[.. auth, .. RespCommand.Write("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name), .. RespCommand.Write("SENTINEL", "MASTER", Name)], token);
            if (await ReadAsync(stream, auth.Length == 0 ? 2 : 3, token) is not { } replies)
            {
                return Refuse(RedisAnswerKind.NotRedis, "closed the connection without an answer, or does not speak Redis");
            }

            string[] address = replies[^2];
            // A Sentinel without a configured password refuses AUTH and still answers.
            if (address is [['-', .. var error]])
            {
                string refusal = auth.Length > 0 && error.StartsWith("NOAUTH", StringComparison.Ordinal) && replies[0] is [['-', .. var denied]]
                    ? denied
                    : error;
                return Refuse(
                    RedisAnswerKind.Refused,
                    refusal.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
                        ? $"is not a Sentinel: Redis says {refusal}"
                        : $"Redis says {refusal}");
            }

            if (address.Length == 0) return Refuse(RedisAnswerKind.Refused, $"does not know the master {Name}");
            if (address.Length != 2 || RedisUrl.TryReadNode(address[0], address[1]) is not { } node)
            {
                return Refuse(RedisAnswerKind.NotRedis, $"names no address for the master {Name}: {string.Join(' ', address)}");
            }

            int at = Array.IndexOf(replies[^1], "config-epoch");
            bool known = at >= 0
                && at + 1 < replies[^1].Length
                && long.TryParse(replies[^1][at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out found.Epoch);
            found = (node, known ? found.Epoch : NoEpoch);
            return new RedisAnswer(host, RedisAnswerKind.Pong, "");
        }

        RedisAnswer Refuse(RedisAnswerKind kind, string reason) => new(host, kind, $"{RedisUrl.Name(host)}: {sentinels.Clean(reason)}");
    }

    /// <summary>Returns when all have answered, or some have and the others are late: one of those that answer has the newest configuration.</summary>
    private async Task<List<SentinelAnswer>> AskAllAsync(RedisUrl url, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        RedisUrl sentinels = url.ToSentinels();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<SentinelAnswer>> asked = [.. sentinels.Hosts.Select(host => AskAsync(sentinels, host, deadline, time, enough.Token))];
        var answers = new List<SentinelAnswer>();
        Task late = new TaskCompletionSource().Task;
        for (List<Task<SentinelAnswer>> open = [.. asked]; open.Count > 0;)
        {
            Task first = await Task.WhenAny([.. open, late]);
            cancellationToken.ThrowIfCancellationRequested();
            if (first == late) break;
            var done = (Task<SentinelAnswer>)first;
            open.Remove(done);
            answers.Add(await done);
            if (answers[^1].Named is not null && !answers.SkipLast(1).Any(answer => answer.Named is not null))
            {
                late = Task.Delay(deadline / 2, time, enough.Token);
            }
        }

        await enough.CancelAsync();
        // The others end with the cancellation that was just requested.
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return answers;
    }

    private void Note(EndPoint primary)
    {
        TaskCompletionSource news;
        lock (_gate)
        {
            if (primary.Equals(_primary)) return;
            _primary = primary;
            news = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        news.TrySetResult();
    }

    private static RedisAnswer Explain(RedisAnswer server, string asked)
    {
        string reason = server.Kind == RedisAnswerKind.Pong ? $"{RedisUrl.Name(server.Host)}: this is {server.Role}" : server.Reason;
        return server with { Kind = server.Kind == RedisAnswerKind.Pong ? RedisAnswerKind.NoPrimary : server.Kind, Reason = $"{reason} ({asked})" };
    }

    /// <summary>Returns the most specific failure, with the reasons of all.</summary>
    private static RedisAnswer Join(string what, IReadOnlyList<RedisAnswer> answers) => answers.MinBy(answer => answer.Kind)! with
    {
        Reason = $"{what}: " + string.Join(
            "; ",
            answers.OrderBy(answer => RedisUrl.Name(answer.Host), StringComparer.Ordinal).Select(answer => answer.Reason).Distinct(StringComparer.Ordinal)),
    };

    /// <summary>
    /// Reads a number of replies. Returns null if the connection ends before that, or the data is not a reply. An error or status is one element with its
    /// type byte.
    /// </summary>
    private static async Task<List<string[]>?> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxAnswerBytes];
        for (int length = 0; length < buffer.Length;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) return null;
            length += read;
            // The text after the last line end is incomplete.
            string[] lines = Encoding.UTF8.GetString(buffer, 0, length).Split("\r\n")[..^1];
            var replies = new List<string[]>();
            int at = 0;
            while (replies.Count < count && at < lines.Length)
            {
                if (lines[at] is not [var type, .. var rest]) return null;
                int elements = 0;
                if (type is '+' or '-' or ':')
                {
                    replies.Add([lines[at++]]);
                    continue;
                }

                if (
                    type is not '*'
                        || !int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out elements)
                        || elements > MaxElements)
                {
                    return null;
                }

                // A line with the length precedes each element, and no element contains a line end.
                int end = at + 1 + (2 * Math.Max(elements, 0));
                if (end > lines.Length) break;
                replies.Add([.. lines[(at + 1)..end].Where((_, index) => index % 2 == 1)]);
                at = end;
            }

            if (replies.Count == count) return replies;
        }

        return null;
    }
}

/// <summary>The answer of one Sentinel.</summary>
/// <param name="Answer">Whether it answered, and if not, why.</param>
/// <param name="Named">The server that it names as the primary; null when it names none.</param>
/// <param name="Epoch">The number of the failover that made it the primary, according to this Sentinel; -1 when it does not report it.</param>
internal sealed record SentinelAnswer(RedisAnswer Answer, EndPoint? Named, long Epoch);
