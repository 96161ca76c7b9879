using System.Collections.Concurrent;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>One line that the relay logged.</summary>
internal sealed record LogLine(LogLevel Level, string Category, EventId Id, string Text, IReadOnlyDictionary<string, object?> Values, Exception? Fault);

/// <summary>Captures the log of a relay for assertions. An unexpected error in it fails the test.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    /// <summary>Every close of a connection so far: the recorded code and reason, in order.</summary>
    public IReadOnlyList<(int Code, CloseReason Reason)> Closes =>
        [.. _lines.Where(line => line.Id.Id == EventIds.ConnectionClosed).Select(line => ((int)line.Values["Code"]!, (CloseReason)line.Values["Reason"]!))];

    /// <summary>Fails if anything was logged at level Error or above.</summary>
    public void AssertNoErrors() =>
        Assert.True(
            _lines.All(line => line.Level < LogLevel.Error),
            string.Join('\n', _lines.Where(line => line.Level >= LogLevel.Error).Select(line => $"{line.Category}: {line.Text} {line.Fault}")));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        // The captured lines are needed after the relay has stopped.
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = (state as IEnumerable<KeyValuePair<string, object?>> ?? []).ToDictionary(pair => pair.Key, pair => pair.Value);
            capture._lines.Enqueue(new LogLine(logLevel, category, eventId, formatter(state, exception), values, exception));
        }
    }
}
