using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>The documents that are made of the contracts, as text: two spaces of indent, a line feed at the end. Made at the first call and kept; thread-safe.</summary>
internal static class ContractDocuments
{
    private const string Comment = "Written by `make contracts` from Relay/Contracts.";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Lazy<string> EventsText = new(() => Text(EventsSchema.Make(Comment)));
    private static readonly Lazy<string> AsyncApiText = new(() => Text(AsyncApiDocument.Make(Comment)));

    /// <summary>The JSON Schema of what publishers send.</summary>
    public static string Events => EventsText.Value;

    /// <summary>The AsyncAPI document of every message.</summary>
    public static string AsyncApi => AsyncApiText.Value;

    private static string Text(JsonObject document) => document.ToJsonString(Readable) + "\n";
}
