using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Tests;

/// <summary>One event as a page would get it: its type, its data, and the last event id at that time.</summary>
internal sealed record StreamEvent(string Type, string Data, string LastEventId);

/// <summary>WHATWG HTML §9.2.6, step by step: what an <c>EventSource</c> makes of the bytes that come.</summary>
internal sealed class EventStreamReader
{
    private readonly Decoder _utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly StringBuilder _line = new();
    private readonly StringBuilder _data = new();
    private readonly Queue<StreamEvent> _events = new();
    private string _type = "";
    private string _lastEventId = "";
    private bool _first = true;
    private bool _afterReturn;

    /// <summary>How long the browser would wait until it comes back, in milliseconds; null: as it likes.</summary>
    public int? ReconnectionMs { get; private set; }

    /// <summary>Lines that a browser would pass over in silence, though the relay had no reason to send them.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>Whether there is something that no empty line has ended yet: it would be thrown away if the stream ended now.</summary>
    public bool IsInside => _line.Length > 0 || _data.Length > 0;

    public bool TryTake(out StreamEvent next) => _events.TryDequeue(out next!);

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        char[] characters = new char[_utf8.GetCharCount(bytes, flush: false)];
        _utf8.GetChars(bytes, characters, flush: false);
        foreach (char c in characters)
        {
            // A byte order mark at the very beginning is no part of the text.
            bool mark = _first && c == '\uFEFF';
            _first = false;
            if (mark) continue;
            if (c == '\n' && _afterReturn)
            {
                _afterReturn = false;
                continue;
            }

            _afterReturn = c == '\r';
            if (c is '\r' or '\n')
            {
                string line = _line.ToString();
                _line.Clear();
                TakeLine(line);
            }
            else
            {
                _line.Append(c);
            }
        }
    }

    private void TakeLine(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (line.Length == 0) Dispatch();
        else if (colon < 0) TakeField(line, "");
        else if (colon > 0) TakeField(line[..colon], line.AsSpan(colon + 1).StartsWith(" ") ? line[(colon + 2)..] : line[(colon + 1)..]);
    }

    private void TakeField(string name, string value)
    {
        switch (name)
        {
            case "event":
                _type = value;
                break;
            case "data":
                _data.Append(value).Append('\n');
                break;
            case "id" when !value.Contains('\0', StringComparison.Ordinal):
                _lastEventId = value;
                break;
            case "retry" when value.Length > 0 && value.All(char.IsAsciiDigit):
                ReconnectionMs = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            default:
                Ignored.Add($"{name}: {value}");
                break;
        }
    }

    private void Dispatch()
    {
        if (_data.Length > 0) _events.Enqueue(new StreamEvent(_type.Length > 0 ? _type : "message", _data.ToString(0, _data.Length - 1), _lastEventId));
        _data.Clear();
        _type = "";
    }
}
