using System.Buffers;
using System.Diagnostics;

namespace Cecelia.Relay.Events;

/// <summary>Reads the <c>traceparent</c> of W3C Trace Context: version, trace id, span id and flags as lower-case hexadecimal digits.</summary>
/// <remarks>
/// <c>00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01</c>: version 00, the trace, the publisher's span, and the flag of a sampled trace. A later
/// version may have more after another hyphen, which is not read.
/// </remarks>
internal static class TraceParent
{
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>Length of version 00, and minimum length of later ones.</summary>
    private const int Length = 55;

    /// <summary>Maximum length of a value of a later version. It is sent to clients as written.</summary>
    private const int MaxLength = 256;

    private const int TraceIdAt = 3;
    private const int TraceIdDigits = 32;
    private const int SpanIdAt = 36;
    private const int SpanIdDigits = 16;
    private const int FlagsAt = 53;

    /// <summary>Returns whether the text is valid. Allocates nothing.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        if (text.Length is < Length or > MaxLength) return false;
        ReadOnlySpan<byte> version = text[..2], traceId = text.Slice(TraceIdAt, TraceIdDigits), spanId = text.Slice(SpanIdAt, SpanIdDigits);
        if (text[2] != '-' || text[SpanIdAt - 1] != '-' || text[FlagsAt - 1] != '-') return false;
        if (!IsHex(version) || !IsHex(traceId) || !IsHex(spanId) || !IsHex(text.Slice(FlagsAt, 2)) || version.SequenceEqual("ff"u8)) return false;
        if (!traceId.ContainsAnyExcept((byte)'0') || !spanId.ContainsAnyExcept((byte)'0')) return false;
        if (text.Length == Length) return true;
        return !version.SequenceEqual("00"u8) && text[Length] == '-' && text[Length..].IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;
    }

    /// <summary>Returns whether the publisher has sampled the trace.</summary>
    /// <param name="text">A valid value, here and below.</param>
    public static bool IsSampled(ReadOnlySpan<byte> text) => (Digit(text[FlagsAt + 1]) & 1) != 0;

    /// <summary>Returns the last 56 bits of the trace id, which are random: the same for every event of a trace, at every instance.</summary>
    public static ulong RandomOf(ReadOnlySpan<byte> text)
    {
        ulong random = 0;
        foreach (byte digit in text.Slice(TraceIdAt + TraceIdDigits - 14, 14)) random = (random << 4) | (uint)Digit(digit);
        return random;
    }

    /// <summary>Returns the context of the publisher's span.</summary>
    public static ActivityContext ContextOf(ReadOnlySpan<byte> text) => new(
        ActivityTraceId.CreateFromUtf8String(text.Slice(TraceIdAt, TraceIdDigits)),
        ActivitySpanId.CreateFromUtf8String(text.Slice(SpanIdAt, SpanIdDigits)),
        IsSampled(text) ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None,
        isRemote: true);

    private static bool IsHex(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(HexDigits);

    private static int Digit(byte digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
