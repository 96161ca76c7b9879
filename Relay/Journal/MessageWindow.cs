using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cecelia.Relay.Journal;

/// <summary>
/// A rolling hash of the last <see cref="Length"/> messages. Two instances that have received the same last messages have the same value, wherever each
/// started. Before that, the window still holds some of the random numbers that it was filled with, so the value of an instance that has received too few
/// messages never equals that of another. For one thread.
/// </summary>
/// <remarks>
/// Example with a window of 3 instead of 32. Instance 1 has received many messages, the last of them a, b and c. Instance 2 starts with the random numbers
/// x, y and z, and its first message is c:
/// <code>
///   after   instance 1   instance 2   same value
///   c       a b c        y z c        no
///   d       b c d        z c d        no
///   e       c d e        c d e        yes, and from here on
/// </code>
/// The value is a polynomial in <c>Base</c>: for c d e it is the mixed sum of c·Base² + d·Base + e, modulo 2⁶⁴. Adding f subtracts c·Base², multiplies by
/// Base and adds f, so the cost does not depend on the length of the window.
/// </remarks>
internal sealed class MessageWindow
{
    /// <summary>
    /// Number of messages in the window. With more of them repetitions are rarer, but a new instance takes longer to share positions with the others.
    /// </summary>
    public const int Length = 32;

    /// <summary>Any odd number with well-mixed bits will do (this one is 2⁶⁴ ÷ the golden ratio).</summary>
    private const ulong Base = 0x9E3779B97F4A7C15;
    private static readonly ulong BaseOfOldest = Power(Base, Length - 1);

    private readonly ulong[] _messages = new ulong[Length];
    private int _oldest;
    private ulong _sum;

    public MessageWindow() => Clear();

    /// <summary>The current value.</summary>
    public ulong Value => Mix(_sum);

    /// <summary>
    /// Fills the window with random numbers, since something may be missing here: until it is full again, no value equals that of another instance.
    /// </summary>
    public void Clear()
    {
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_messages.AsSpan()));
        _oldest = 0;
        _sum = 0;
        foreach (ulong message in _messages) _sum = (_sum * Base) + message;
    }

    /// <summary>Adds a message, by its hash, in place of the oldest, and returns the new value.</summary>
    public ulong Add(ulong message)
    {
        _sum = ((_sum - (_messages[_oldest] * BaseOfOldest)) * Base) + message;
        _messages[_oldest] = message;
        _oldest = (_oldest + 1) % Length;
        return Value;
    }

    /// <summary>Copies the hashes of the messages, oldest first, with which another instance continues from this point.</summary>
    public void CopyTo(Span<ulong> messages)
    {
        for (int i = 0; i < Length; i++) messages[i] = _messages[(_oldest + i) % Length];
    }

    /// <summary>Loads the hashes that <see cref="CopyTo"/> copied.</summary>
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

    /// <summary>Mixes the bits of the sum, whose low bits depend only on low bits, since positions are used as keys.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        return value ^ (value >> 32);
    }
}
