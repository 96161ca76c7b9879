using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cecelia.Relay.Journal;

/// <summary>
/// A rolling hash of the last <see cref="Length"/> messages. Two instances that received the same messages come to the same value, wherever each began,
/// once they share that many. Until then the window still holds some of the random numbers that it began with, so no value of an instance that
/// has seen too little can be mistaken for one of another's. For one thread.
/// </summary>
internal sealed class MessageWindow
{
    /// <summary>Messages in the window. More make a repetition rarer, and a fresh instance slower to share positions with the others.</summary>
    public const int Length = 32;

    /// <summary>Any odd number with well-mixed bits does (this one is 2⁶⁴ ÷ the golden ratio).</summary>
    private const ulong Base = 0x9E3779B97F4A7C15;
    private static readonly ulong BaseOfOldest = Power(Base, Length - 1);

    private readonly ulong[] _messages = new ulong[Length];
    private int _oldest;
    private ulong _sum;

    public MessageWindow() => Clear();

    /// <summary>The value as it stands.</summary>
    public ulong Value => Mix(_sum);

    /// <summary>Something is missing here: until the window is full again, no value is like one of another instance's.</summary>
    public void Clear()
    {
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_messages.AsSpan()));
        _oldest = 0;
        _sum = 0;
        foreach (ulong message in _messages) _sum = (_sum * Base) + message;
    }

    /// <summary>Takes one more message, by its hash; the oldest leaves.</summary>
    public ulong Add(ulong message)
    {
        _sum = ((_sum - (_messages[_oldest] * BaseOfOldest)) * Base) + message;
        _messages[_oldest] = message;
        _oldest = (_oldest + 1) % Length;
        return Value;
    }

    /// <summary>The messages' hashes, oldest first: with them another instance goes on where this one stands.</summary>
    public void CopyTo(Span<ulong> messages)
    {
        for (int i = 0; i < Length; i++) messages[i] = _messages[(_oldest + i) % Length];
    }

    /// <summary>Takes over what <see cref="CopyTo"/> gave.</summary>
    public void Load(ReadOnlySpan<ulong> messages)
    {
        foreach (ulong message in messages[..Length]) Add(message);
    }

    private static ulong Power(ulong number, int exponent)
    {
        ulong power = 1;
        for (int i = 0; i < exponent; i++) power *= number;
        return power;
    }

    /// <summary>The sum's low bits depend on low bits alone; this spreads them, since positions are used as keys.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        return value ^ (value >> 32);
    }
}
