using System.Collections.Concurrent;
using System.Threading.Channels;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Admin;

/// <summary>
/// Asks all instances over Redis, and answers what others ask. An instance that does not answer in time is named, if its name is known: from Redis, which
/// lists the subscribed channels, and from earlier messages. Any thread, except for <see cref="RunAsync"/>, which must not run concurrently.
/// </summary>
internal sealed class AdminBus : IDisposable
{
    /// <summary>Maximum number of questions of others that wait. Further ones are dropped, and this instance is then missing in the answer.</summary>
    private const int MaxWaiting = 16;

    /// <summary>Maximum number of questions of this instance at the same time. Further ones wait.</summary>
    private const int MaxAsked = 4;

    private readonly RedisAdminChannel _channel;
    private readonly AdminDesk _desk;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly KnownInstances _known;
    private readonly SemaphoreSlim _asking = new(MaxAsked, MaxAsked);
    private readonly ConcurrentDictionary<Guid, AdminCollector> _asked = new();
    private readonly Channel<(Guid Nonce, string From, AdminQuestion Question)> _waiting = System.Threading.Channels.Channel.CreateBounded<(
        Guid Nonce, string From, AdminQuestion Question)>(MaxWaiting);

    public AdminBus(RedisAdminChannel channel, AdminDesk desk, Instance instance, TimeProvider time)
    {
        (_channel, _desk, _instance, _time) = (channel, desk, instance.Name, time);
        _known = new KnownInstances(time);
        channel.QuestionArrived = OnQuestion;
        channel.AnswerArrived = OnAnswer;
    }

    /// <summary>How long the answers of other instances are waited for. Default 1 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Why other instances cannot be asked; null if they can.</summary>
    public string? Fault => _channel.Fault;

    /// <summary>Receives and answers questions until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] both = [_channel.RunAsync(ended.Token), AnswerAllAsync(ended.Token)];
        // After a fault of one, the duty is restarted with both.
        await Task.WhenAny(both);
        await ended.CancelAsync();
        await Task.WhenAll(both);
        if (!cancellationToken.IsCancellationRequested || _channel.Fault is not null) return;
        // Other instances then do not miss this one. Without Redis, they forget it after a while.
        using var late = new CancellationTokenSource(Deadline, _time);
        try
        {
            await _channel.AskAsync(AdminMessage.WriteBye(_instance), late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // Redis is slow.
        }
    }

    /// <summary>Asks all other instances, and returns their answers with that of this one.</summary>
    public async Task<AdminAnswers> AskAsync(AdminQuestion question, ReadOnlyMemory<byte> own, CancellationToken cancellationToken)
    {
        if (_channel.Fault is { } fault) return new AdminAnswers([own], _known.Except([_instance]), 0, $"other instances cannot be asked: {fault}");
        await _asking.WaitAsync(cancellationToken);
        var nonce = Guid.NewGuid();
        var collector = new AdminCollector();
        _asked[nonce] = collector;
        try
        {
            Task<RedisReply<string[]>> finding = _channel.FindInstancesAsync(cancellationToken);
            RedisReply<long> sent = await _channel.AskAsync(AdminMessage.WriteQuestion(nonce, _instance, question), cancellationToken);
            if (!sent.IsDone) return new AdminAnswers([own], _known.Except([_instance]), 0, $"other instances cannot be asked: {sent.Reason}");
            // This instance is subscribed, and counted.
            int others = (int)Math.Max(0, sent.Value - 1);
            await collector.WaitAsync(others, Deadline, _time, cancellationToken);
            RedisReply<string[]> found = await finding;
            return Merge(own, collector, others, found.IsDone ? found.Value : null);
        }
        finally
        {
            _asked.TryRemove(nonce, out _);
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();

    private AdminAnswers Merge(ReadOnlyMemory<byte> own, AdminCollector collector, int others, string[]? subscribed)
    {
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> answers = collector.Answers;
        foreach (string name in subscribed ?? []) _known.Add(name);
        foreach (string name in answers.Keys) _known.Add(name);
        IReadOnlyList<string> missing = _known.Except([_instance, .. answers.Keys]);
        int unnamed = Math.Max(0, others - answers.Count - missing.Count);
        return new AdminAnswers([own, .. answers.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value)], missing, unnamed, collector.Fault);
    }

    private void OnQuestion(byte[] message)
    {
        bool isQuestion = AdminMessage.TryReadQuestion(message, out string from, out bool isBye, out Guid nonce, out AdminQuestion question);
        if (from.Length == 0 || from == _instance) return;
        if (isBye) _known.Remove(from);
        else _known.Add(from);
        if (isQuestion) _waiting.Writer.TryWrite((nonce, from, question));
    }

    private void OnAnswer(byte[] message)
    {
        if (!AdminMessage.TryReadPart(message, out Guid nonce, out string instance, out int part, out int parts, out ReadOnlyMemory<byte> bytes)) return;
        if (instance != _instance && _asked.TryGetValue(nonce, out AdminCollector? collector)) collector.Add(instance, part, parts, bytes);
    }

    private async Task AnswerAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach ((Guid nonce, string from, AdminQuestion question) in _waiting.Reader.ReadAllAsync(cancellationToken))
            {
                if (await _desk.AnswerAsync(question, cancellationToken) is { } answer) await SendAsync(nonce, from, answer, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The requested end.
        }
    }

    private async Task SendAsync(Guid nonce, string to, ReadOnlyMemory<byte> answer, CancellationToken cancellationToken)
    {
        int parts = ((answer.Length - 1) / AdminCollector.PartBytes) + 1;
        for (int part = 0; part < parts; part++)
        {
            ReadOnlyMemory<byte> bytes = answer[(part * AdminCollector.PartBytes)..];
            if (bytes.Length > AdminCollector.PartBytes) bytes = bytes[..AdminCollector.PartBytes];
            RedisReply<long> sent = await _channel.AnswerAsync(to, AdminMessage.WritePart(nonce, _instance, part, parts, bytes.Span), cancellationToken);
            // The instance that asked has ended, or Redis is away: it names this one as missing.
            if (!sent.IsDone || sent.Value == 0) return;
        }
    }
}
