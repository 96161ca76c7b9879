using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>A status as a JSON string in canonical form, so that equal statuses are equal bytes; empty when there is none.</summary>
internal static class EntityStatus
{
    /// <summary>Longest status that is taken for one, in bytes as written; the publishers' own are under 20.</summary>
    public const int MaxBytes = 128;

    public static ReadOnlySpan<byte> Queued => "\"queued\""u8;

    public static ReadOnlySpan<byte> Running => "\"running\""u8;

    public static ReadOnlySpan<byte> Completed => "\"completed\""u8;

    public static ReadOnlySpan<byte> Failed => "\"failed\""u8;

    public static ReadOnlySpan<byte> Paused => "\"paused\""u8;

    /// <summary>Whether nothing more is to be expected of what has this status, unless it begins anew.</summary>
    public static bool IsTerminal(ReadOnlySpan<byte> status) => status.Length switch
    {
        6 => status.SequenceEqual("\"done\""u8),
        8 => status.SequenceEqual(Failed),
        9 => status.SequenceEqual("\"skipped\""u8),
        10 => status.SequenceEqual("\"canceled\""u8),
        11 => status.SequenceEqual(Completed) || status.SequenceEqual("\"cancelled\""u8),
        _ => false,
    };

    /// <summary>Whether what has this status is being worked on; publishers of nodes have several words for it.</summary>
    public static bool IsRunning(ReadOnlySpan<byte> status) => status.Length switch
    {
        8 => status.SequenceEqual("\"active\""u8),
        9 => status.SequenceEqual(Running) || status.SequenceEqual("\"started\""u8) || status.SequenceEqual("\"working\""u8) || status.SequenceEqual("\"resumed\""u8),
        13 => status.SequenceEqual("\"in_progress\""u8),
        _ => false,
    };

    /// <summary>The status that a value of the data stands for: a string that is short and not empty, else none.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value, ReductionInput arrival)
    {
        if (value.Length is <= 2 or > MaxBytes + 2 || value[0] != '"') return default;
        if (!value.Contains((byte)'\\')) return value;
        Span<byte> text = stackalloc byte[MaxBytes];
        return JsonText.TryUnescape(value[1..^1], text, out int length) ? arrival.QuotedStatus(text[..length]) : default;
    }
}
