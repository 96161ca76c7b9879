using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Statuses as JSON strings in canonical form, so that equal statuses have equal bytes. An empty span means no status.</summary>
internal static class EntityStatus
{
    /// <summary>Maximum length of a status in bytes, as escaped in JSON. Those of known publishers are shorter than 20.</summary>
    public const int MaxBytes = 128;

    public static ReadOnlySpan<byte> Queued => "\"queued\""u8;

    public static ReadOnlySpan<byte> Running => "\"running\""u8;

    public static ReadOnlySpan<byte> Completed => "\"completed\""u8;

    public static ReadOnlySpan<byte> Failed => "\"failed\""u8;

    /// <summary>Returns whether the status is terminal: no further change is expected unless the work is restarted.</summary>
    public static bool IsTerminal(ReadOnlySpan<byte> status) => status.Length switch
    {
        6 => status.SequenceEqual("\"done\""u8),
        8 => status.SequenceEqual(Failed),
        9 => status.SequenceEqual("\"skipped\""u8),
        10 => status.SequenceEqual("\"canceled\""u8),
        11 => status.SequenceEqual(Completed) || status.SequenceEqual("\"cancelled\""u8),
        _ => false,
    };

    /// <summary>Returns whether the status means that the work is in progress. Publishers use several names for it.</summary>
    public static bool IsRunning(ReadOnlySpan<byte> status) => status.Length switch
    {
        8 => status.SequenceEqual("\"active\""u8),
        9 => status.SequenceEqual(Running)
            || status.SequenceEqual("\"started\""u8)
            || status.SequenceEqual("\"working\""u8)
            || status.SequenceEqual("\"resumed\""u8),
        13 => status.SequenceEqual("\"in_progress\""u8),
        _ => false,
    };

    /// <summary>Returns a value of the data as a status if it is a short, non-empty string; otherwise an empty span.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value, ReductionInput input)
    {
        if (value.Length is <= 2 or > MaxBytes + 2 || value[0] != '"') return default;
        if (!value.Contains((byte)'\\')) return value;
        Span<byte> text = stackalloc byte[MaxBytes];
        return JsonText.TryUnescape(value[1..^1], text, out int length) ? input.QuotedStatus(text[..length]) : default;
    }
}
