using System.Buffers.Binary;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>Frames whose bytes follow from their number, so that a wrong or overwritten byte is detected.</summary>
internal static class Filled
{
    public const int HeaderBytes = 12;

    public static byte[] Frame(long number, int length)
    {
        byte[] frame = new byte[Math.Max(HeaderBytes, length)];
        BinaryPrimitives.WriteInt64LittleEndian(frame, number);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), frame.Length);
        for (int i = HeaderBytes; i < frame.Length; i++) frame[i] = ByteAt(number, i);
        return frame;
    }

    /// <summary>Fails unless <paramref name="bytes"/> are the whole frames from <paramref name="first"/> on. Returns the number of frames.</summary>
    public static int Check(ReadOnlySpan<byte> bytes, long first)
    {
        int count = 0;
        while (bytes.Length > 0)
        {
            long number = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
            if (number != first + count) Assert.Fail($"frame {number} instead of {first + count}");
            for (int i = HeaderBytes; i < length; i++)
            {
                if (bytes[i] != ByteAt(number, i)) Assert.Fail($"frame {number} differs at byte {i}");
            }

            bytes = bytes[length..];
            count++;
        }

        return count;
    }

    private static byte ByteAt(long number, int index) => (byte)((number * 31) + index);
}
