using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Finds the piece of text in the data of a <c>token_stream</c>, for which publishers use several names.</summary>
internal static class StreamedText
{
    /// <summary>
    /// Returns the piece as written, without its quotes, and the name of its member; both are empty if there is none. Pieces in this form can be concatenated.
    /// </summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> name)
    {
        if (TryFind(data, name = "token"u8, out ReadOnlySpan<byte> piece)) return piece;
        if (TryFind(data, name = "content"u8, out piece)) return piece;
        if (TryFind(data, name = "chunk"u8, out piece)) return piece;
        if (TryFind(data, name = "text"u8, out piece)) return piece;
        if (TryFind(data, name = "delta"u8, out piece)) return piece;
        name = default;
        return default;
    }

    private static bool TryFind(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> piece)
    {
        bool found = JsonMembers.Find(data, name) is [(byte)'"', ..];
        piece = found ? JsonMembers.Find(data, name)[1..^1] : default;
        return found;
    }
}
