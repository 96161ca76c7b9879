using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using StackExchange.Redis;

namespace Cecelia.Brain;

/// <summary>
/// Publishes Brain's events for the Cecelia relay with the delivery guarantees of <c>taskEvents.js</c>, but without its schema validation: numbered
/// (<c>source</c>, <c>seq</c>), in the order of the calls, from a bounded buffer. <see cref="Publish"/> never blocks on Redis and never throws, whatever the
/// arguments. A batch that was in flight when a connection ended is sent again with the same numbers; a relay drops duplicates. Tested with
/// StackExchange.Redis 3.4.35. Thread-safe; dispose it before the multiplexer, which the caller owns.
/// </summary>
/// <example><code>
/// IConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync("127.0.0.1:6379,abortConnect=false");
/// await using var events = new TaskEventPublisher(redis, new TaskEventOptions { Stream = "cecelia:stream" });
/// events.Publish("task:created", new { taskId = "t1", status = "queued" }, new TaskEventOwner { ProjectId = "p1" });
/// </code></example>
public sealed class TaskEventPublisher : IAsyncDisposable
{
    private const int BatchEvents = 256;
    private const long BatchBytes = 256 * 1024;

    /// <summary>As in the relay: a Redis that does not respond for this time counts as unavailable.</summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SubscriberPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(5);
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly int[] RetryMs = [100, 250, 500, 1000];

    /// <summary>Events that a later one supersedes, or that are one step of many.</summary>
    private static readonly HashSet<string> Steps = ["task:progress", "executor:status", "token_stream", "token_usage", "log", "agent_status_update"];

    private readonly IConnectionMultiplexer _redis;
    private readonly TaskEventOptions _options;
    private readonly RedisChannel _channel;
    private readonly EventBuffer _buffer;
    private readonly object _gate = new();
    private readonly long[] _problems = new long[Enum.GetValues<TaskEventProblem>().Length];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _outages;
    private bool _closing;
    private long _last;
    private long _published;

    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public TaskEventPublisher(IConnectionMultiplexer redis, TaskEventOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(redis);
        _options = options ?? new TaskEventOptions();
        _options.Check();
        _redis = redis;
        _channel = new RedisChannel(_options.Channel, RedisChannel.PatternMode.Literal);
        _buffer = new EventBuffer(_options.MaxBufferedEvents, _options.MaxBufferedBytes);
        Source = $"{_options.Source}-{Convert.ToHexString(RandomNumberGenerator.GetBytes(4))}";
        _redis.ConnectionFailed += OnConnectionFailed;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The name and a random suffix.</summary>
    public string Source { get; }

    /// <summary>The last number used; 0 before the first.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Number of events that Redis has received.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Number of waiting events.</summary>
    public int Buffered
    {
        get
        {
            lock (_gate) return _buffer.Count;
        }
    }

    /// <summary>Number of times that the problem occurred.</summary>
    public long Count(TaskEventProblem problem) => Volatile.Read(ref _problems[(int)problem]);

    /// <summary>
    /// Accepts an event, with the <c>traceparent</c> of <see cref="Activity.Current"/> if there is one. Returns true if it has its number and will be
    /// published, false if it was refused or there was no room.
    /// </summary>
    /// <param name="name">Such as <c>task:created</c>; see PROTOCOL.md.</param>
    /// <param name="data">A value that System.Text.Json writes as an object; null: <c>{}</c>.</param>
    /// <param name="owner">What it belongs to.</param>
    public bool Publish(string name, object? data = null, TaskEventOwner? owner = null)
    {
        try
        {
            (byte[] rest, bool isStep) = Encode(name, data, owner ?? TaskEventOwner.None);
            IReadOnlyList<WaitingEvent> gone;
            WaitingEvent added;
            lock (_gate)
            {
                if (_closing) throw new EventRefusedException(TaskEventProblem.Closed, "the publisher is closed");
                byte[] payload =
                [
                    .. Encoding.UTF8.GetBytes(
                        string.Create(CultureInfo.InvariantCulture, $"{{\"source\":{JsonSerializer.Serialize(Source)},\"seq\":{_last + 1},")),
                    .. rest.AsSpan(1),
                ];
                if (payload.Length > _options.MaxEventBytes)
                {
                    throw new EventRefusedException(TaskEventProblem.TooLarge, $"{payload.Length} bytes; the maximum is {_options.MaxEventBytes}");
                }

                added = new WaitingEvent(++_last, payload, isStep);
                gone = _buffer.Add(added);
            }

            _wake.Writer.TryWrite(true);
            foreach (WaitingEvent dropped in gone)
            {
                Note(
                    dropped.IsStep ? TaskEventProblem.DroppedStep : TaskEventProblem.DroppedEvent,
                    $"no room for event {dropped.Seq} while Redis is unavailable");
            }

            return !gone.Contains(added);
        }
        catch (EventRefusedException refused)
        {
            Note(refused.Problem, refused.Message);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Thrown by the data itself: a getter, a cycle.
            Note(TaskEventProblem.BadData, fault.Message);
        }

        return false;
    }

    /// <summary>
    /// Stops accepting events, publishes waiting ones until the timeout, and closes. Returns the number that was not published or whose outcome is
    /// unknown.
    /// </summary>
    public async Task<int> CloseAsync(TimeSpan timeout)
    {
        lock (_gate) _closing = true;
        _wake.Writer.TryWrite(true);
        if (await Task.WhenAny(_running, Task.Delay(timeout)) != _running) await _stop.CancelAsync();
        await _running;
        _redis.ConnectionFailed -= OnConnectionFailed;
        return Buffered;
    }

    public async ValueTask DisposeAsync()
    {
        int unsent = await CloseAsync(CloseDeadline);
        if (unsent > 0) Note(TaskEventProblem.Unsent, $"{unsent} events were not confirmed by Redis");
        // _stop is not disposed: it holds no resource, and another thread may still be about to read it.
    }

    private async Task RunAsync()
    {
        bool isHeard = _options.Stream is not null;
        bool wasAway = false;
        long waitsUntil = 0;
        long receiversBefore = 0;
        int outagesSeen = 0;
        for (int failures = 0; !_stop.IsCancellationRequested;)
        {
            int outages = Volatile.Read(ref _outages);
            if (outages != outagesSeen) (outagesSeen, isHeard, wasAway, waitsUntil) = (outages, _options.Stream is not null, true, 0);
            WaitingEvent[] batch;
            lock (_gate)
            {
                batch = _buffer.Take(isHeard ? BatchEvents : 1, BatchBytes);
                if (batch.Length == 0 && _closing) return;
            }

            try
            {
                if (batch.Length == 0)
                {
                    await _wake.Reader.ReadAsync(_stop.Token);
                    continue;
                }

                if (wasAway && _options.Stream is null)
                {
                    if (!_redis.IsConnected) throw new TimeoutException("there is no connection to Redis");
                    wasAway = false;
                    // Subscribers reconnect too. Events published before they have subscribed again may be lost to them.
                    await Task.Delay(_options.ResubscribeWait, _stop.Token);
                    continue;
                }

                long receivers = await PublishAsync(batch);
                failures = 0;
                // The client may report an outage only after it has reconnected and published. A lower number of subscribers shows it too.
                if (receivers == 0 && receiversBefore > 0) isHeard = _options.Stream is not null;
                receiversBefore = receivers;
                if (isHeard || receivers > 0 || _options.SubscriberWait == TimeSpan.Zero || (waitsUntil > 0 && Environment.TickCount64 >= waitsUntil))
                {
                    (isHeard, waitsUntil) = (true, 0);
                    Remove(batch.Length);
                    continue;
                }

                // A relay usually subscribes again within 250 ms: publish the same event again until a subscriber receives it.
                if (waitsUntil == 0) waitsUntil = Environment.TickCount64 + (long)_options.SubscriberWait.TotalMilliseconds;
                await Task.Delay(SubscriberPoll, _stop.Token);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                if (_stop.IsCancellationRequested) return;
                bool isRefusal = fault is RedisServerException;
                Note(isRefusal ? TaskEventProblem.RedisRefused : TaskEventProblem.RedisLost, fault.Message);
                if (!isRefusal) Interlocked.Increment(ref _outages);
                int pause = RandomNumberGenerator.GetInt32(RetryMs[Math.Min(failures++, RetryMs.Length - 1)]);
                await Task.Delay(pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Subscribers are likely to have lost their connections too.</summary>
    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs e) => Interlocked.Increment(ref _outages);

    /// <summary>
    /// Returns the number of subscribers of the last event. Throws the error of the first event that was not published; those before it are removed.
    /// </summary>
    private async Task<long> PublishAsync(WaitingEvent[] batch)
    {
        IDatabase database = _redis.GetDatabase();
        ITransaction? both = _options.Stream is null ? null : database.CreateTransaction();
        var kept = new List<Task>();
        var published = new List<Task<long>>();
        foreach (WaitingEvent e in batch)
        {
            if (both is not null) kept.Add(both.ExecuteAsync("XADD", (RedisKey)_options.Stream!, "MAXLEN", "~", _options.MaxEntries, "*", "p", e.Payload));
            published.Add(((IDatabaseAsync?)both ?? database).PublishAsync(_channel, e.Payload));
        }

        Task<bool> executed = both?.ExecuteAsync() ?? Task.FromResult(true);
        Task all = Task.WhenAll([executed, .. kept, .. published]);
        // WaitAsync: the client itself may wait for a response without a limit.
        await all.WaitAsync(AnswerDeadline, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Observe the exception even if it comes too late, so that it is not reported as unobserved.
        _ = all.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (!all.IsCompleted) throw new TimeoutException($"no response from Redis within {AnswerDeadline.TotalSeconds} s");
        if (executed.IsFaulted || executed.IsCanceled || !await executed)
        {
            throw executed.Exception?.InnerException ?? new InvalidOperationException("Redis did not accept the MULTI");
        }

        int done = published.FindIndex(one => !one.IsCompletedSuccessfully);
        // A command that fails during EXEC does not undo the others.
        foreach (Task one in kept.Where(one => one.IsFaulted)) Note(TaskEventProblem.NotKept, one.Exception!.InnerException!.Message);
        if (done < 0) return await published[^1];
        Remove(done);
        throw published[done].Exception?.InnerException ?? new InvalidOperationException("the publication was cancelled");
    }

    private void Remove(int published)
    {
        lock (_gate) _buffer.Remove(published);
        Interlocked.Add(ref _published, published);
    }

    /// <summary>Returns the envelope without its number, and whether the event is a step.</summary>
    private static (byte[] Json, bool IsStep) Encode(string name, object? data, TaskEventOwner owner)
    {
        if (!IsText(name, 128) || name.Length == 0 || name.Any(char.IsControl))
        {
            throw new EventRefusedException(TaskEventProblem.BadName, "a name is 1 to 128 bytes without control characters");
        }

        if (name.StartsWith("relay:", StringComparison.Ordinal))
        {
            throw new EventRefusedException(TaskEventProblem.BadName, "names that begin with relay: are reserved for the relay");
        }

        JsonElement element = JsonSerializer.SerializeToElement(data ?? new object());
        if (element.ValueKind != JsonValueKind.Object) throw new EventRefusedException(TaskEventProblem.BadData, "the data must be an object");
        bool isStep = Steps.Contains(name) || (name == "status" && element.TryGetProperty("status", out JsonElement status) && status.ValueEquals("running"));

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            WriteOwner(json, "project_id", owner.ProjectId);
            WriteOwner(json, "execution_id", owner.ExecutionId);
            WriteOwner(json, "node_id", owner.NodeId);
            WriteOwner(json, "id", owner.Id);
            WriteOwner(json, "reply_to", owner.ReplyTo);
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } trace }) json.WriteString("traceparent", trace);
            json.WritePropertyName("data");
            element.WriteTo(json);
            json.WriteString(
                "timestamp",
                (owner.Timestamp ?? TimeProvider.System.GetUtcNow()).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        return (buffer.ToArray(), isStep);
    }

    private static void WriteOwner(Utf8JsonWriter json, string field, string? value)
    {
        if (value is null) return;
        if (!IsText(value, 256)) throw new EventRefusedException(TaskEventProblem.BadField, $"{field} must be text of at most 256 bytes");
        json.WriteString(field, value);
    }

    /// <summary>True for text without a lone surrogate.</summary>
    private static bool IsText(string? value, int maxBytes)
    {
        try
        {
            return value is not null && Strict.GetByteCount(value) <= maxBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private void Note(TaskEventProblem problem, string detail)
    {
        Interlocked.Increment(ref _problems[(int)problem]);
        try
        {
            _options.OnProblem?.Invoke(problem, detail);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A failing callback must not affect the publisher; the problem is still counted.
        }
    }

    /// <summary>Thrown and caught only in <see cref="Publish"/>.</summary>
    private sealed class EventRefusedException(TaskEventProblem problem, string message) : Exception(message)
    {
        public TaskEventProblem Problem { get; } = problem;
    }
}

/// <summary>The owner of an event, in addition to its data. Immutable; null members are left out.</summary>
public sealed record TaskEventOwner
{
    internal static readonly TaskEventOwner None = new();

    public string? ProjectId { get; init; }

    public string? ExecutionId { get; init; }

    /// <summary>The workflow node.</summary>
    public string? NodeId { get; init; }

    /// <summary>The event's own id.</summary>
    public string? Id { get; init; }

    /// <summary><c>id</c> of the command that it replies to: only the client of that command gets the event.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Time of the event; null: now.</summary>
    public DateTimeOffset? Timestamp { get; init; }
}
