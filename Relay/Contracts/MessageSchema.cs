using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>A message whose definition stands in a document.</summary>
/// <param name="TypeName">Its definition's name.</param>
/// <param name="WireName">What it is called on the wire.</param>
/// <param name="Description">What it says.</param>
internal sealed record MessageSchema(string TypeName, string WireName, string Description)
{
    /// <summary>A property that has one value.</summary>
    public static JsonObject Constant(string value) => new() { ["const"] = value };
}
