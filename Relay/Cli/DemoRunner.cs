using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Plays a <see cref="DemoBrain"/> against the clock. When Redis goes away it says so once, lets the simulation go on, tries again each second with
/// what happens then, and counts what was not published.
/// </summary>
internal sealed class DemoRunner(DemoBrain brain, Func<byte[], Task<long>> publish, Terminal terminal)
{
    /// <summary>The tick: short enough to look alive, long enough to cost nothing.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SummaryEvery = TimeSpan.FromSeconds(5);

    private readonly Queue<Task<long>> _outstanding = new();
    private long _retryAt;
    private bool _isAway;
    private long _receivers;

    public long Published { get; private set; }

    public long NotPublished { get; private set; }

    /// <summary>Until the brain is finished or the token is cancelled; both end well.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, terminal.Time);
        long summaryAt = terminal.Time.GetTimestamp();
        try
        {
            while (!brain.IsFinished && !cancellationToken.IsCancellationRequested)
            {
                foreach (DemoEvent happened in brain.Step(terminal.Time.GetUtcNow())) await SendAsync(happened.ToJson());
                await CollectAsync(_isAway ? int.MaxValue : 0);
                if (terminal.OutIsTerminal && terminal.Time.GetElapsedTime(summaryAt) >= SummaryEvery)
                {
                    summaryAt = terminal.Time.GetTimestamp();
                    await terminal.Out.WriteLineAsync(Summary());
                }

                if (!brain.IsFinished) await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped by the user.
        }

        await CollectAsync(0);
        await terminal.Out.WriteLineAsync(Summary());
    }

    private async Task SendAsync(byte[] payload)
    {
        if (_isAway && (_outstanding.Count > 0 || terminal.Time.GetTimestamp() < _retryAt))
        {
            NotPublished++;
            return;
        }

        _outstanding.Enqueue(publish(payload));
        if (!_isAway) await CollectAsync(LinePublisher.MaxOutstanding);
    }

    /// <summary>Takes the answers that are there, and waits for others until at most <paramref name="leave"/> are missing.</summary>
    private async Task CollectAsync(int leave)
    {
        while (_outstanding.TryPeek(out Task<long>? oldest) && (oldest.IsCompleted || _outstanding.Count > leave))
        {
            try
            {
                _receivers = await oldest;
                Published++;
                if (_isAway) await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Redis is back; {NotPublished} events were not published so far."));
                _isAway = false;
            }
            catch (RedisUnreachableException unreachable)
            {
                NotPublished++;
                if (!_isAway) await terminal.Error.WriteLineAsync($"{unreachable.Message}. The demo goes on, and publishes again when Redis is back.");
                _isAway = true;
                _retryAt = terminal.Time.GetTimestamp() + (long)(RetryEvery.TotalSeconds * terminal.Time.TimestampFrequency);
            }

            _ = _outstanding.Dequeue();
        }
    }

    private string Summary()
    {
        string lost = NotPublished == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {NotPublished} not published");
        string heard = _isAway ? "Redis is away" : _receivers == 0 ? "nobody is subscribed: start `Relay`" : string.Create(CultureInfo.InvariantCulture, $"{_receivers} subscribed");
        string time = TimeZoneInfo.ConvertTime(terminal.Time.GetUtcNow(), terminal.Time.LocalTimeZone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{time}  {brain.Created} tasks: {brain.Queued} queued, {brain.Running} running, {brain.Completed} completed, {brain.Failed} failed; {Published} events published{lost} ({heard})");
    }
}
