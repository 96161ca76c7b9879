using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Connections;

/// <summary>Writes the JSON body of an error response: a reason for programs and a message for people.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ErrorJson : JsonSerializerContext
{
    // The default options of ASP.NET Core for responses: they keep quotation marks in messages readable.
    private static readonly ErrorJson Readable =
        new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static Task WriteAsync(HttpContext context, string reason, string message)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return TimedResponseWriter.WriteAsync(
            context, JsonSerializer.SerializeToUtf8Bytes(
                new Dictionary<string, string> { ["error"] = reason, ["message"] = message }, Readable.DictionaryStringString));
    }
}
