using System.Buffers;

namespace Cecelia.Relay.Minutes;

/// <summary>
/// The encoding of one minute: the slots, then the values of each series that are not zero. A minute in which nothing happened takes one byte, and one with a
/// few tasks of two projects about 60. Immutable, so that copies share the bytes.
/// </summary>
/// <remarks>
/// Example: in the series 0 one task was created, and its event had a lag of 3 ms. Without slots this is <c>0</c> (no slots), then <c>0 2</c> (series, number
/// of values), <c>0 1</c> (created), <c>38 1</c> (bucket 2 of the lag).
/// </remarks>
internal static class MinuteRow
{
    /// <summary>Largest encoding: the slots, and all values of all series with numbers of ten bytes.</summary>
    public const int MaxBytes = 1 + (3 * MaxNumberBytes) + (MinuteSeries.Count * (2 + (MinuteValues.Length * (1 + MaxNumberBytes))));

    private const int MaxNumberBytes = 10;

    /// <summary>Encodes a minute.</summary>
    /// <param name="values">The values of all series, one after the other.</param>
    /// <param name="slots">The slots; null if they are unknown.</param>
    public static byte[] Encode(ReadOnlySpan<long> values, MinuteSlots? slots)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        try
        {
            int length = 0;
            buffer[length++] = slots is null ? (byte)0 : (byte)1;
            if (slots is { } known)
            {
                Write(buffer, ref length, known.MaxUsed);
                Write(buffer, ref length, known.Used);
                Write(buffer, ref length, known.Total);
            }

            for (int series = 0; series < MinuteSeries.Count; series++)
            {
                ReadOnlySpan<long> own = values.Slice(series * MinuteValues.Length, MinuteValues.Length);
                int count = own.Length - own.Count(0);
                if (count == 0) continue;
                buffer[length++] = (byte)series;
                buffer[length++] = (byte)count;
                for (int i = 0; i < own.Length; i++)
                {
                    if (own[i] == 0) continue;
                    buffer[length++] = (byte)i;
                    Write(buffer, ref length, own[i]);
                }
            }

            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Decodes a minute. Returns false for bytes that <see cref="Encode"/> has not written.</summary>
    /// <param name="row">The encoding.</param>
    /// <param name="values">Receives the values of all series; cleared first.</param>
    /// <param name="slots">The slots; null if they are unknown.</param>
    public static bool TryDecode(ReadOnlySpan<byte> row, Span<long> values, out MinuteSlots? slots)
    {
        values.Clear();
        slots = null;
        if (row.IsEmpty || row[0] > 1) return false;
        bool hasSlots = row[0] == 1;
        row = row[1..];
        if (hasSlots)
        {
            if (!TryRead(ref row, out long maxUsed) || !TryRead(ref row, out long used) || !TryRead(ref row, out long total)) return false;
            slots = new MinuteSlots(maxUsed, used, total);
        }

        while (row.Length >= 2)
        {
            (int series, int count) = (row[0], row[1]);
            row = row[2..];
            if (series >= MinuteSeries.Count) return false;
            for (; count > 0; count--)
            {
                if (row.IsEmpty || row[0] >= MinuteValues.Length) return false;
                int index = (series * MinuteValues.Length) + row[0];
                row = row[1..];
                if (!TryRead(ref row, out values[index])) return false;
            }
        }

        return row.IsEmpty;
    }

    private static void Write(byte[] buffer, ref int length, long value)
    {
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) buffer[length++] = (byte)(rest | 0x80);
        buffer[length++] = (byte)rest;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> row, out long value)
    {
        ulong read = 0;
        value = 0;
        for (int i = 0; i < MaxNumberBytes && i < row.Length; i++)
        {
            read |= (ulong)(row[i] & 0x7f) << (7 * i);
            if (row[i] >= 0x80) continue;
            row = row[(i + 1)..];
            value = (long)read;
            return value >= 0;
        }

        return false;
    }
}

/// <summary>The slots of all executors in a minute.</summary>
/// <param name="MaxUsed">The highest number in use.</param>
/// <param name="Used">The number in use at the end of the minute.</param>
/// <param name="Total">All slots at the end of the minute.</param>
internal readonly record struct MinuteSlots(long MaxUsed, long Used, long Total);
