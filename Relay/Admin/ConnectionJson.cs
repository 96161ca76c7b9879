using System.Text;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Admin;

/// <summary>Writes connections as JSON (PROTOCOL.md, <i>Connections</i>).</summary>
internal static class ConnectionJson
{
    /// <summary>Maximum number of values that are written of each part of a filter.</summary>
    private const int MaxValues = 8;

    /// <summary>Writes the members that a trace has too.</summary>
    public static void WriteOrigin(Utf8JsonWriter json, ConnectionOrigin origin, Transport transport, ViewKind view)
    {
        json.WriteString("connection", origin.Name);
        json.WriteString("address", origin.Address.ToString());
        if (origin.User is null) json.WriteNull("user");
        else json.WriteString("user", origin.User);
        json.WriteString("transport", transport.ToWireName());
        json.WriteString("format", NameOf(view.Format));
    }

    /// <summary>Writes an open connection.</summary>
    public static void Write(Utf8JsonWriter json, Connection connection)
    {
        Client client = connection.Client;
        View view = client.View.View;
        long next = client.NextFrame;
        json.WriteStartObject();
        json.WriteString("id", connection.Origin.Id);
        WriteOrigin(json, connection.Origin, connection.Transport, view.Kind);
        json.WriteBoolean("compressed", view.Kind.Encoding == FrameEncoding.Deflate);
        WriteFilter(json, view.Kind.Filter);
        json.WriteString("since", RelayMessage.Time(connection.Since.ToUnixTimeMilliseconds()));
        json.WriteStartObject("lag");
        json.WriteNumber("events", Math.Max(0, view.Buffer.Head - next));
        json.WriteNumber("bytes", view.Buffer.BytesFrom(next));
        json.WriteEndObject();
        json.WriteNumber("delivered", client.Delivered);
        json.WriteNumber("skipped", client.Missed);
        json.WriteNumber("resumes", connection.Resumes);
        if (connection.Reason != CloseReason.None) json.WriteString("closing", connection.Reason.ToWireName());
        json.WriteEndObject();
    }

    private static void WriteFilter(Utf8JsonWriter json, Filter filter)
    {
        json.WriteStartObject("filter");
        Write(json, "project", [.. filter.Projects]);
        Write(json, "task", [.. filter.Tasks]);
        Write(json, "execution", [.. filter.Executions]);
        Write(json, "events", [.. filter.Names.Select(name => name.IsPrefix ? [.. name.Text, (byte)'*'] : name.Text)]);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<byte[]> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (byte[] value in values.Take(MaxValues)) json.WriteStringValue(Encoding.UTF8.GetString(value));
        json.WriteEndArray();
        if (values.Count > MaxValues) json.WriteNumber(name + "_more", values.Count - MaxValues);
    }

    private static string NameOf(WireFormat format) => format switch
    {
        WireFormat.Subprotocol => "cecelia.v1",
        WireFormat.TaskTree => "tasktree",
        WireFormat.Execution => "execution",
        _ => "cecelia",
    };
}
