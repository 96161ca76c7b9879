using System.Globalization;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Payloads of publishers, in the forms that matter for decoding.</summary>
internal static class Payloads
{
    /// <summary>A typical event of 200 bytes.</summary>
    public static byte[] Progress { get; } = Padded(
        """{"event":"task:progress","data":{"taskId":"task-17","runId":"run-4711","status":"running","progress":42.5,"message":"~"},"timestamp":"2026-02-06T08:30:00.000Z"}""", 200);

    /// <summary>An event with a project.</summary>
    public static byte[] OfProject { get; } = Padded(
        """{"event":"task:progress","project_id":"project-3","data":{"taskId":"task-17","progress":42.5,"message":"~"},"timestamp":"2026-02-06T08:30:00.000Z"}""",
        200);

    /// <summary>The Execution form: the fields are in the envelope, and the text is Chinese.</summary>
    public static byte[] Flat { get; } = Encoding.UTF8.GetBytes(
        """{"type":"status","execution_id":"6f9619ff-8b86-d011-b42d-00c04fc964ff","status":"running","progress":50,"message":"执行中...","result":null,"error":null,"execution_time":null}""");

    /// <summary>4 KB of nested data, like a plan or a list of messages.</summary>
    public static byte[] Large { get; } = Nested(4096);

    /// <summary>An event that is refused: progress is above 100.</summary>
    public static byte[] Refused { get; } = Encoding.UTF8.GetBytes(
        """{"event":"task:progress","data":{"taskId":"task-17","runId":"run-4711","status":"running","progress":142.5},"timestamp":"2026-02-06T08:30:00.000Z"}""");

    public static DecodedEvent Decode(byte[] payload)
    {
        var into = new DecodedEvent();
        RefusalReason reason = new EventDecoder(new EventLimits()).Decode(payload, into);
        return reason == RefusalReason.None ? into : throw new InvalidOperationException($"{into.RefusalDetail}: {Encoding.UTF8.GetString(payload)}");
    }

    private static byte[] Padded(string text, int bytes) =>
        Encoding.UTF8.GetBytes(text.Replace("~", new string('x', bytes - Encoding.UTF8.GetByteCount(text) + 1), StringComparison.Ordinal));

    private static byte[] Nested(int bytes)
    {
        var text = new StringBuilder("""{"type":"plan_generated","project_id":"project-3","timestamp":"2026-02-06T08:30:00.123456","data":{"tasks":[""");
        for (int i = 0; text.Length < bytes - 220; i++)
        {
            text.Append(text[^1] == '[' ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$"""{"id":{{i}},"title":"Step {{i * 7919 % 1000}} of the plan","done":{{(i % 3 == 0 ? "true" : "false")}},"after":[{{i - 1}},{{i - 2}}],"note":"a\nb"}""");
        }

        return Padded(text.Append("""],"summary":"~"}}""").ToString(), bytes);
    }
}
