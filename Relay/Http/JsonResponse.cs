using System.Buffers;
using System.Text.Json;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Writes a JSON object as the response to a request.</summary>
internal static class JsonResponse
{
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="write">Writes the members of the object.</param>
    public static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return TimedResponseWriter.WriteAsync(context, body.WrittenMemory);
    }
}
