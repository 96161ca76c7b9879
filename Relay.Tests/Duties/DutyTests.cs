using Cecelia.Relay.Duties;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Duties;

public sealed class DutyTests : IDisposable
{
    private readonly StepTime _time = new();
    private readonly LogCapture _logs = new();
    private readonly ILoggerFactory _loggers;
    private readonly CancellationTokenSource _stop = new();
    private int _runs;

    public DutyTests() => _loggers = LoggerFactory.Create(logging => logging.AddProvider(_logs));

    public static TheoryData<Exception> Failures =>
        [Shortage.Of("thread"), new InvalidOperationException("a bug"), new OperationCanceledException("not ours")];

    public void Dispose()
    {
        _stop.Dispose();
        _loggers.Dispose();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failed_duty_is_reported_and_restarted_after_its_delay(Exception failure)
    {
        Duty duty = Make(token => ++_runs == 1 ? Task.FromException(failure) : Task.Delay(Timeout.Infinite, token));
        Task running = duty.RunAsync(_stop.Token);

        await Eventually.TrueAsync(() => duty.Status.State == DutyState.Failed && _time.Waiting.Length == 1, TestTimeouts.Default);
        Assert.Equal((1, 1L), (_runs, duty.Failures));
        Assert.False(duty.Status.IsRunning);
        Assert.StartsWith(failure.GetType().Name, duty.Status.Cause, StringComparison.Ordinal);
        Assert.InRange(_time.Waiting[0], TimeSpan.Zero, DutyRetry.First);
        LogLine line = Assert.Single(_logs.Lines, line => line.Level == LogLevel.Error);
        Assert.Equal((EventIds.DutyFailed, failure), (line.Id.Id, line.Fault));
        Assert.Equal("sweeper", line.Values["Duty"]);

        _time.Pass(DutyRetry.First);
        await Eventually.TrueAsync(() => duty.Status.State == DutyState.Restarted, TestTimeouts.Default);
        Assert.NotNull(duty.Status.Cause);

        // A duty is reported as healthy only after it has been stable for a while.
        _time.Pass(DutyRetry.Stable);
        Assert.Equal((DutyState.Running, null), (duty.Status.State, duty.Status.Cause));
        Assert.Equal((2, 1L), (_runs, duty.Failures));
        await StopAsync(running);
        Assert.Equal(DutyState.Stopped, duty.Status.State);
    }

    [Fact]
    public async Task Duty_that_returns_has_failed()
    {
        Duty duty = Make(token => ++_runs == 1 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, token));
        Task running = duty.RunAsync(_stop.Token);

        await Eventually.TrueAsync(() => duty.Status.State == DutyState.Failed && _time.Waiting.Length == 1, TestTimeouts.Default);
        _time.Pass(DutyRetry.First);
        await Eventually.TrueAsync(() => duty.Status.IsRunning, TestTimeouts.Default);

        Assert.Equal((2, 1L), (_runs, duty.Failures));
        await StopAsync(running);
    }

    [Fact]
    public async Task Duty_that_fails_while_it_is_stopped_ends_and_is_not_announced_as_restarting()
    {
        Duty duty = Make(
            async token =>
            {
                _runs++;
                await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new ObjectDisposedException("the connection");
            });
        Task running = duty.RunAsync(_stop.Token);
        await Eventually.TrueAsync(() => _runs == 1, TestTimeouts.Default);

        await StopAsync(running);

        Assert.Equal((DutyState.Stopped, 1L), (duty.Status.State, duty.Failures));
        LogLine line = Assert.Single(_logs.Lines);
        Assert.Equal((EventIds.DutyFailedWhileStopping, LogLevel.Warning), (line.Id.Id, line.Level));
    }

    [Fact]
    public async Task Duty_that_throws_before_its_first_await_is_restarted()
    {
        Duty duty = Make(_ => ++_runs == 1 ? throw Shortage.Of("memory") : Task.Delay(Timeout.Infinite, _stop.Token));
        Task running = duty.RunAsync(_stop.Token);

        await Eventually.TrueAsync(() => _time.Waiting.Length == 1, TestTimeouts.Default);
        _time.Pass(DutyRetry.First);
        await Eventually.TrueAsync(() => _runs == 2, TestTimeouts.Default);

        await StopAsync(running);
    }

    [Fact]
    public async Task Duty_is_restarted_even_without_timers_and_logging()
    {
        var duty = new Duty(
            DutyName.Sweeper,
            token => ++_runs < 3 ? Task.FromException(Shortage.Of("memory")) : Task.Delay(Timeout.Infinite, token),
            new FaultyTime { HasTimers = false },
            new NoLogger());
        Task running = duty.RunAsync(_stop.Token);

        await Eventually.TrueAsync(() => _runs == 3, TestTimeouts.Default);

        Assert.Equal(2, duty.Failures);
        await StopAsync(running);
    }

    [Fact]
    public async Task Duty_stopped_while_waiting_ends_at_once()
    {
        Duty duty = Make(_ => Task.FromException(Shortage.Of("memory")));
        Task running = duty.RunAsync(_stop.Token);
        await Eventually.TrueAsync(() => _time.Waiting.Length == 1, TestTimeouts.Default);

        await StopAsync(running);

        Assert.Equal((DutyState.Stopped, 1L), (duty.Status.State, duty.Failures));
    }

    [Fact]
    public void Retry_backs_off_with_full_jitter_up_to_its_limit_and_resets_after_a_stable_run()
    {
        var retry = new DutyRetry();
        double[] limitsMs = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
        foreach (double limitMs in limitsMs)
        {
            Assert.Equal(limitMs, retry.Limit.TotalMilliseconds);
            Assert.InRange(retry.Next(TimeSpan.Zero).TotalMilliseconds, 0, limitMs);
        }

        // Full jitter: the delays of many instances are spread over the whole range.
        double[] sharesOfLongest = [.. Enumerable.Range(0, 1000).Select(_ => retry.Next(TimeSpan.Zero) / DutyRetry.Longest)];
        Assert.Contains(sharesOfLongest, share => share < 0.1);
        Assert.Contains(sharesOfLongest, share => share > 0.9);

        Assert.InRange(retry.Next(DutyRetry.Stable), TimeSpan.Zero, DutyRetry.First);
        Assert.Equal(2 * DutyRetry.First, retry.Limit);
    }

    [Fact]
    public void Wire_names_of_duties_are_distinct() =>
        Assert.Distinct(Enum.GetValues<DutyName>().Select(name => name.ToWireName()));

    private Duty Make(Func<CancellationToken, Task> body) => new(DutyName.Sweeper, body, _time, _loggers.CreateLogger<Duty>());

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.Within();
    }

    private sealed class NoLogger : ILogger<Duty>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw Shortage.Of("memory");
    }
}
