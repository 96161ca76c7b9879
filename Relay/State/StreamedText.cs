using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Where the data of a <c>token_stream</c> has its piece of text: publishers call it by several names.</summary>
internal static class StreamedText
{
    /// <summary>The piece as written and without its quotes, and the name of its member; both empty when there is none. Longer texts than one piece are lists of these, one behind the other.</summary>
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
