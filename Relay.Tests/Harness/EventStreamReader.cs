using System.Net.ServerSentEvents;
using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>One event as a page receives it: its type, its data, and the last event id at that time.</summary>
internal sealed record StreamEvent(string Type, string Data, string LastEventId);

/// <summary>
/// Reads an event stream with the framework's parser of WHATWG HTML 9.2.6. Stricter than a browser: it fails on a line that a browser would ignore, on bytes
/// that are not UTF-8, and if the stream ends inside an event. Does not own the stream.
/// </summary>
internal sealed class EventStreamReader : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly EventStreamLines _lines;
    private readonly SseParser<string> _parser;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    public EventStreamReader(Stream stream)
    {
        _lines = new EventStreamLines(stream);
        _parser = SseParser.Create(_lines, (_, data) => Utf8.GetString(data));
        _items = _parser.EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>How long a browser would wait before it reconnects, in milliseconds; null if the stream does not say.</summary>
    public int? ReconnectionMs => _parser.ReconnectionInterval == Timeout.InfiniteTimeSpan ? null : (int)_parser.ReconnectionInterval.TotalMilliseconds;

    /// <summary>Reads the next event; null at the orderly end of the stream. Fails when the connection is aborted, and at the deadline.</summary>
    public async Task<StreamEvent?> ReadAsync()
    {
        bool isEvent = await _items.MoveNextAsync().AsTask().Within();
        Assert.Empty(_lines.Ignored);
        if (isEvent) return new StreamEvent(_items.Current.EventType, _items.Current.Data, _parser.LastEventId);
        Assert.False(_lines.IsInside, "the stream ended inside an event");
        return null;
    }

    public void Dispose() => _lines.Dispose();
}
