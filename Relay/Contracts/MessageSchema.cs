using System.Text.Json.Nodes;

namespace Cecelia.Relay.Contracts;

/// <summary>A message that is defined in a document.</summary>
/// <param name="TypeName">The name of the definition.</param>
/// <param name="WireName">The name of the message on the wire.</param>
/// <param name="Description">The description of the message.</param>
internal sealed record MessageSchema(string TypeName, string WireName, string Description)
{
    /// <summary>Creates the schema of a constant property.</summary>
    public static JsonObject Constant(string value) => new() { ["const"] = value };
}
