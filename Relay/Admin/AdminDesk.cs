using System.Buffers;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Admin;

/// <summary>Answers questions about this instance. Any thread.</summary>
internal sealed class AdminDesk(TraceReader traces, ConnectionTable connections, Instance instance)
{
    /// <summary>Maximum number of connections in an answer.</summary>
    private const int MaxConnections = 2000;

    /// <summary>Maximum size of the connections in an answer, in bytes: filters may be long.</summary>
    private const long MaxBytes = 2 * 1024 * 1024;

    /// <summary>Returns the answer, a JSON object with the name of the instance. Null if the key is not valid.</summary>
    public async Task<ReadOnlyMemory<byte>?> AnswerAsync(AdminQuestion question, CancellationToken cancellationToken)
    {
        switch (question.Verb)
        {
            case AdminVerb.Connections:
                return WriteConnections();
            case AdminVerb.Close:
                return Close(connection => connection.Origin.Id == question.Key);
            case AdminVerb.CloseUser:
                if (question.Key.Length == 0) return null;
                return Close(connection => connection.Origin.User == question.Key);
            default:
                TraceKind kind = question.Verb switch
                {
                    AdminVerb.TraceTask => TraceKind.Task,
                    AdminVerb.TraceExecution => TraceKind.Execution,
                    _ => TraceKind.Event,
                };
                if (!TraceKey.TryMake(kind, question.Key, out TraceKey key)) return null;
                return await traces.ReadAsync(key, cancellationToken);
        }
    }

    private ReadOnlyMemory<byte> WriteConnections()
    {
        List<Connection> open = Open();
        return Write(json =>
        {
            json.WriteNumber("open", open.Count);
            json.WriteStartArray("connections");
            int written = 0;
            // Those that are furthest behind first, since they are what a reader looks for.
            foreach (Connection one in open.OrderByDescending(LagOf).ThenBy(one => one.Origin.Number).Take(MaxConnections))
            {
                if (json.BytesCommitted + json.BytesPending > MaxBytes) break;
                ConnectionJson.Write(json, one);
                written++;
            }

            json.WriteEndArray();
            json.WriteNumber("more", open.Count - written);
        });
    }

    private ReadOnlyMemory<byte> Close(Predicate<Connection> isMeant)
    {
        var closed = new List<string>();
        foreach (Connection connection in Open().Where(connection => isMeant(connection) && connection.Reason == CloseReason.None))
        {
            connection.Close(CloseReason.ClosedByOperator);
            closed.Add(connection.Origin.Id);
        }

        return Write(json =>
        {
            json.WriteStartArray("closed");
            foreach (string id in closed.Take(MaxConnections)) json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteNumber("more", Math.Max(0, closed.Count - MaxConnections));
        });
    }

    private static long LagOf(Connection connection) => connection.Client.View.View.Buffer.Head - connection.Client.NextFrame;

    private List<Connection> Open()
    {
        var open = new List<Connection>();
        connections.CopyTo(open);
        return open;
    }

    private ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var answer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(answer))
        {
            json.WriteStartObject();
            json.WriteString("instance", instance.Name);
            write(json);
            json.WriteEndObject();
        }

        return answer.WrittenMemory;
    }
}
