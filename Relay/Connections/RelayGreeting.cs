using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Connections;

/// <summary>What the relay tells a client of the subprotocol at the beginning and at the end of its connection. Immutable.</summary>
/// <param name="Connection">The connection's name, as in the logs.</param>
/// <param name="Instance">The relay's.</param>
/// <param name="Options">The limits that the client should know.</param>
/// <param name="Commands">Names of the commands that the client may send; null: none, it cannot or they are switched off.</param>
/// <param name="Time">For timestamps.</param>
/// <param name="Encoding">How the client reads messages.</param>
internal sealed record RelayGreeting(string Connection, string Instance, ConnectionOptions Options, IReadOnlyList<string>? Commands, TimeProvider Time, FrameEncoding Encoding)
{
    // A browser comes back by itself and always waits as long as it was told; those that were cut off together are told different times.
    private const int ShortestRetryMs = 1000;
    private const int LongestRetryMs = 3000;

    /// <summary>The frame of <c>relay:hello</c>.</summary>
    public byte[] Hello(ResumeResult welcome)
    {
        long nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        // Only where nothing else is to come first: with a snapshot, the position is the client's when it has all of that.
        string id = welcome.Recovered ? welcome.Position.ToString() : "";
        byte[] message = RelayMessage.Write(RelayMessage.Hello, nowMs, id, json =>
        {
            json.WriteString("protocol", Handshake.Subprotocol);
            json.WriteString("connection", Connection);
            json.WriteString("instance", Instance);
            json.WriteString("position", welcome.Position.ToString());
            json.WriteBoolean("wasRecovering", welcome.WasRecovering);
            json.WriteBoolean("recovered", welcome.Recovered);
            if (welcome.Failure is { } failure) json.WriteString("reason", failure.ToWireName());
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
            if (Commands is null)
            {
                json.WriteNull("commands");
                return;
            }

            json.WriteStartArray("commands");
            foreach (string name in Commands) json.WriteStringValue(name);
            json.WriteEndArray();
        });
        return new Notice(message, welcome.Recovered ? id : EventStreamText.Incomplete) { RetryMs = Random.Shared.Next(ShortestRetryMs, LongestRetryMs + 1) }.In(Encoding);
    }

    /// <summary>The frame of <c>relay:bye</c>: it survives proxies that swallow close frames, and says more.</summary>
    public byte[] Bye(CloseReason reason, int code, TimeSpan retryWithin)
    {
        bool reconnect = CloseReasons.ShouldReconnect(code);
        int retryAfterMs = Random.Shared.Next((int)retryWithin.TotalMilliseconds + 1);
        byte[] message = RelayMessage.Write(RelayMessage.Bye, Time.GetUtcNow().ToUnixTimeMilliseconds(), "", json =>
        {
            json.WriteString("reason", reason.ToWireName());
            json.WriteNumber("code", code);
            json.WriteBoolean("reconnect", reconnect);
            if (reconnect) json.WriteNumber("retryAfterMs", retryAfterMs);
            else json.WriteNull("retryAfterMs");
        });
        return new Notice(message) { RetryMs = retryAfterMs }.In(Encoding);
    }
}
