using System.Text.Json;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>What a client's text message is answered with (PROTOCOL.md, <i>From the client</i>). The frames are shared and never written to.</summary>
internal static class Reply
{
    private static readonly byte[] Pong = Frames.Text("""{"type":"pong"}"""u8);
    private static readonly byte[] NotJson = Frames.Text("""{"type":"error","reason":"not_json","message":"The message is not JSON"}"""u8);
    private static readonly byte[] NotAnObject = Frames.Text("""{"type":"error","reason":"not_an_object","message":"The message is JSON, but not an object"}"""u8);
    private static readonly byte[] Unknown = Frames.Text("""{"type":"error","reason":"unknown_message","message":"The message has no type or cmd that is known here; ping is"}"""u8);

    /// <summary>The frame that answers <paramref name="message"/>.</summary>
    public static byte[] To(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                while (reader.Read())
                {
                }

                return NotAnObject;
            }

            bool ping = false;
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                bool names = reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("cmd"u8);
                reader.Read();
                if (names && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("ping"u8)) ping = true;
                reader.Skip();
            }

            return ping ? Pong : Unknown;
        }
        catch (JsonException)
        {
            return NotJson;
        }
    }
}
