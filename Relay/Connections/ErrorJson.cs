using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cecelia.Relay.Connections;

/// <summary>Writes the JSON body of a response that grants nothing: a word for programs and a sentence for people.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ErrorJson : JsonSerializerContext
{
    // ASP.NET Core's own options for responses: they leave quotation marks in the sentences readable.
    private static readonly ErrorJson Readable = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static Task WriteAsync(HttpContext context, string word, string message)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return TimedResponseWriter.WriteAsync(
            context, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["error"] = word, ["message"] = message }, Readable.DictionaryStringString));
    }
}
