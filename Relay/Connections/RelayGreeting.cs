using System.Text.Json;
using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Connections;

/// <summary>The first and the last message of a connection with the relay subprotocol. Immutable.</summary>
/// <param name="Connection">The name of the connection, as in the logs.</param>
/// <param name="Instance">The name of the instance.</param>
/// <param name="Options">The limits that <c>relay:hello</c> lists.</param>
/// <param name="Commands">The names of the commands that the relay accepts; null if the client cannot send commands, or they are disabled.</param>
/// <param name="Time">The clock of the timestamps.</param>
/// <param name="Encoding">The encoding of the client's view.</param>
/// <param name="SilentAfter">How long running work may be without an event before it is silent; zero: forever.</param>
internal sealed record RelayGreeting(
    string Connection,
    string Instance,
    ConnectionOptions Options,
    IReadOnlyList<string>? Commands,
    TimeProvider Time,
    FrameEncoding Encoding,
    TimeSpan SilentAfter)
{
    // A browser reconnects on its own after the time that it last received; clients that were disconnected together get different times.
    private const int MinRetryMs = 1000;
    private const int MaxRetryMs = 3000;

    /// <summary>The grant of the client's token; null without access control.</summary>
    public Grant? Grant { get; init; }

    /// <summary>The names of the commands that the client may send; null if none.</summary>
    private IReadOnlyList<string>? OfferedCommands => Commands is null || Grant is null ? Commands : Grant.Rights.SelectCommands(Commands);

    /// <summary>Returns the frame of <c>relay:hello</c>.</summary>
    public byte[] Hello(ResumeResult result)
    {
        long nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        // Only if no snapshot follows: otherwise the position is valid for the client only after the whole snapshot.
        string id = result.Recovered ? result.Position.ToString() : "";
        byte[] message = RelayMessage.Write(RelayMessage.Hello, nowMs, id, json =>
        {
            json.WriteString("protocol", Handshake.Subprotocol);
            json.WriteString("connection", Connection);
            json.WriteString("instance", Instance);
            json.WriteString("position", result.Position.ToString());
            json.WriteBoolean("wasRecovering", result.WasRecovering);
            json.WriteBoolean("recovered", result.Recovered);
            if (result.Failure is { } failure) json.WriteString("reason", failure.ToWireName());
            if (result.Missed is { } missed) json.WriteNumber("missed", missed);
            else json.WriteNull("missed");
            json.WriteNumber("pingIntervalMs", (long)Options.PingInterval.TotalMilliseconds);
            json.WriteNumber("silentAfterMs", (long)SilentAfter.TotalMilliseconds);
            json.WriteStartObject("link");
            (Grant is { Rights.HidesSources: true } ? result.Link.WithoutReason() : result.Link).WriteTo(json, nowMs);
            json.WriteEndObject();
            json.WriteStartObject("limits");
            json.WriteNumber("messageBytes", Options.MaxMessageBytes);
            json.WriteNumber("messagesPerSecond", Options.MaxMessagesPerSecond);
            json.WriteEndObject();
            if (Grant is { } grant)
            {
                json.WriteStartObject("access");
                json.WriteString("user", grant.User);
                json.WriteString("role", grant.Rights.Role.ToWireName());
                WriteExpiry(json, grant, nowMs);
                json.WriteEndObject();
            }

            if (OfferedCommands is not { } offered)
            {
                json.WriteNull("commands");
                return;
            }

            json.WriteStartArray("commands");
            foreach (string name in offered) json.WriteStringValue(name);
            json.WriteEndArray();
        });
        return new Notice(
            message, result.Recovered ? id : EventStreamText.Incomplete)
        { RetryMs = Random.Shared.Next(MinRetryMs, MaxRetryMs + 1) }.In(Encoding);
    }

    /// <summary>Returns the frame of <c>relay:token</c>. Only with access control.</summary>
    /// <param name="status">What happened to the token.</param>
    public byte[] Token(TokenStatus status)
    {
        long nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        return new Notice(RelayMessage.Write(RelayMessage.Token, nowMs, "", json =>
        {
            json.WriteString("status", status.ToString().ToLowerInvariant());
            WriteExpiry(json, Grant!, nowMs);
        })).In(Encoding);
    }

    /// <summary>Returns the frame of <c>relay:bye</c>. Unlike a close frame, it passes through every proxy, and it contains more.</summary>
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

    private static void WriteExpiry(Utf8JsonWriter json, Grant grant, long nowMs)
    {
        long expiresMs = grant.Expires.ToUnixTimeMilliseconds();
        json.WriteString("expires", RelayMessage.Time(expiresMs));
        json.WriteNumber("expiresInMs", Math.Max(0, expiresMs - nowMs));
    }
}

/// <summary>The status in <c>relay:token</c>.</summary>
internal enum TokenStatus
{
    /// <summary>The token that the client sent is in use.</summary>
    Accepted,

    /// <summary>The token in use expires soon.</summary>
    Expiring,
}
