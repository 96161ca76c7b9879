using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Connections;

/// <summary>What the relay tells a client of the subprotocol at the beginning and at the end of its connection. Immutable.</summary>
/// <param name="Connection">The connection's name, as in the logs.</param>
/// <param name="Instance">The relay's.</param>
/// <param name="Options">The limits that the client should know.</param>
/// <param name="Time">For timestamps.</param>
internal sealed record Greeting(string Connection, string Instance, ConnectionOptions Options, TimeProvider Time)
{
    /// <summary>The frame of <c>relay:hello</c>.</summary>
    public byte[] Hello(Welcome welcome)
    {
        long nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        // Only where nothing else is to come first: with a snapshot, the position is the client's when it has all of that.
        string id = welcome.Recovered ? welcome.Position.ToString() : "";
        return Frames.Text(RelayMessage.Write(RelayMessage.Hello, nowMs, id, json =>
        {
            json.WriteString("protocol", Handshake.Subprotocol);
            json.WriteString("connection", Connection);
            json.WriteString("instance", Instance);
            json.WriteString("position", welcome.Position.ToString());
            json.WriteBoolean("wasRecovering", welcome.WasRecovering);
            json.WriteBoolean("recovered", welcome.Recovered);
            if (welcome.Missed is { } missed) json.WriteNumber("missed", missed);
            else json.WriteNull("missed");
            json.WriteNumber("pingIntervalMs", (long)Options.PingInterval.TotalMilliseconds);
            json.WriteStartObject("link");
            welcome.Link.WriteTo(json, nowMs);
            json.WriteEndObject();
            json.WriteStartObject("limits");
            json.WriteNumber("messageBytes", Options.MaxMessageBytes);
            json.WriteNumber("messagesPerSecond", Options.MaxMessagesPerSecond);
            json.WriteEndObject();
        }));
    }

    /// <summary>The frame of <c>relay:bye</c>: it survives proxies that swallow close frames, and says more.</summary>
    public static byte[] Bye(CloseReason reason, int code, TimeSpan retryWithin, long nowMs)
    {
        bool reconnect = CloseReasons.ComesBack(code);
        return Frames.Text(RelayMessage.Write(RelayMessage.Bye, nowMs, "", json =>
        {
            json.WriteString("reason", reason.Word());
            json.WriteNumber("code", code);
            json.WriteBoolean("reconnect", reconnect);
            if (reconnect) json.WriteNumber("retryAfterMs", Random.Shared.Next((int)retryWithin.TotalMilliseconds + 1));
            else json.WriteNull("retryAfterMs");
        }));
    }
}
