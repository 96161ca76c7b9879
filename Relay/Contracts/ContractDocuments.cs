using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// The documents that are generated from the contracts, as text with an indent of two spaces and a line feed at the end. Created on first use and cached.
/// Thread-safe.
/// </summary>
internal static class ContractDocuments
{
    private const string Comment = "Written by `make contracts` from Relay/Contracts.";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private static readonly Lazy<string> EventsText = new(() => Text(EventsSchema.Create(Comment)));
    private static readonly Lazy<string> AsyncApiText = new(() => Text(AsyncApiDocument.Create(Comment)));

    /// <summary>The JSON Schema of published events.</summary>
    public static string Events => EventsText.Value;

    /// <summary>The AsyncAPI document of every message.</summary>
    public static string AsyncApi => AsyncApiText.Value;

    private static string Text(JsonObject document) => document.ToJsonString(Readable) + "\n";
}
