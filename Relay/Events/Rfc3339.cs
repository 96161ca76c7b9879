namespace Cecelia.Relay.Events;

/// <summary>
/// Parses and formats timestamps. The framework's parsers accept too much or too little (a seconds field of 60, a space instead of the T, no zone), and
/// its custom formats are ten times as expensive as this writer.
/// </summary>
internal static class Rfc3339
{
    /// <summary>Length of <c>2026-02-06T08:30:00.000Z</c> in bytes.</summary>
    public const int Length = 24;

    private const long DayMs = 86_400_000;

    /// <summary>Days from 0000-03-01, day 0 of the calculation below, to 1970-01-01.</summary>
    private const int EpochDays = 719_468;

    /// <summary>
    /// Parses an RFC 3339 timestamp into Unix milliseconds. As an extension, a space is accepted instead of the T, and a timestamp without a zone is UTC,
    /// since Python's <c>isoformat()</c> writes none. Digits below the millisecond are discarded.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return false;
        if (text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        if (!TryNumber(text[..4], out int year) || !TryNumber(text.Slice(5, 2), out int month) || !TryNumber(text.Slice(8, 2), out int day)) return false;
        if (!TryNumber(text.Slice(11, 2), out int hour) || !TryNumber(text.Slice(14, 2), out int minute)) return false;
        if (!TryNumber(text.Slice(17, 2), out int second)) return false;
        if (month is < 1 or > 12 || day < 1 || day > DaysIn(year, month) || hour > 23 || minute > 59 || second > 60) return false;

        ReadOnlySpan<byte> remaining = text[19..];
        if (!TryFraction(ref remaining, out int ms) || !TryZone(remaining, out int offsetMinutes)) return false;
        long minutes = (hour * 60L) + minute - offsetMinutes;
        unixMs = (DaysFromCivil(year, month, day) * DayMs) + (minutes * 60_000) + (second * 1000L) + ms;
        return true;
    }

    /// <summary>Writes the time as UTC with milliseconds, <see cref="Length"/> bytes. Supports the years 0 to 9999.</summary>
    public static void Write(long unixMs, Span<byte> destination)
    {
        long days = Math.DivRem(unixMs, DayMs, out long ms);
        if (ms < 0)
        {
            ms += DayMs;
            days--;
        }

        (int year, int month, int day) = CivilFromDays((int)days);
        int time = (int)ms;
        destination[23] = (byte)'Z';
        WriteDigits(destination.Slice(20, 3), time % 1000);
        destination[19] = (byte)'.';
        WriteDigits(destination.Slice(17, 2), time / 1000 % 60);
        destination[16] = (byte)':';
        WriteDigits(destination.Slice(14, 2), time / 60_000 % 60);
        destination[13] = (byte)':';
        WriteDigits(destination.Slice(11, 2), time / 3_600_000);
        destination[10] = (byte)'T';
        WriteDigits(destination.Slice(8, 2), day);
        destination[7] = (byte)'-';
        WriteDigits(destination.Slice(5, 2), month);
        destination[4] = (byte)'-';
        WriteDigits(destination[..4], year);
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> remaining, out int ms)
    {
        ms = 0;
        if (remaining.IsEmpty || remaining[0] != '.') return true;
        int digits = 0;
        for (int i = 1; i < remaining.Length && remaining[i] is >= (byte)'0' and <= (byte)'9'; i++, digits++)
        {
            if (digits < 3) ms = (ms * 10) + remaining[i] - '0';
        }

        for (int i = digits; i < 3; i++) ms *= 10;
        remaining = remaining[(digits + 1)..];
        return digits > 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> remaining, out int offsetMinutes)
    {
        offsetMinutes = 0;
        if (remaining.IsEmpty) return true;
        if (remaining.Length == 1) return remaining[0] is (byte)'Z' or (byte)'z';
        if (remaining.Length != 6 || remaining[0] is not ((byte)'+' or (byte)'-') || remaining[3] != ':') return false;
        if (!TryNumber(remaining.Slice(1, 2), out int hours) || !TryNumber(remaining.Slice(4, 2), out int minutes) || hours > 23 || minutes > 59) return false;
        offsetMinutes = ((hours * 60) + minutes) * (remaining[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            value = (value * 10) + digit - '0';
        }

        return true;
    }

    private static void WriteDigits(Span<byte> digits, int value)
    {
        for (int i = digits.Length - 1; i >= 0; i--, value /= 10) digits[i] = (byte)('0' + (value % 10));
    }

    private static int DaysIn(int year, int month) => month switch
    {
        2 => (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    /// <summary>
    /// Returns the days since 1970-01-01. Years begin in March, so that the leap day is the last day (H. Hinnant, "chrono-compatible date algorithms").
    /// </summary>
    private static long DaysFromCivil(int year, int month, int day)
    {
        // One cycle of 400 years is added and subtracted again, so that the result for January of year 0 is not negative.
        int y = year + 400 - (month <= 2 ? 1 : 0);
        int dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5 + day - 1;
        return (365L * y) + (y / 4) - (y / 100) + (y / 400) + dayOfYear - EpochDays - 146_097;
    }

    private static (int Year, int Month, int Day) CivilFromDays(int days)
    {
        int z = days + EpochDays + 146_097;
        int era = z / 146_097;
        int dayOfEra = z - (era * 146_097);
        int yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int shifted = ((5 * dayOfYear) + 2) / 153;
        int month = shifted < 10 ? shifted + 3 : shifted - 9;
        return (yearOfEra + (era * 400) - 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (((153 * shifted) + 2) / 5) + 1);
    }
}
