using System.Buffers;
using System.Text.Json;

namespace Cecelia.Relay.Admin;

/// <summary>The answers of the instances to one question. Immutable.</summary>
/// <param name="Answers">The answers, each a JSON object.</param>
/// <param name="Missing">The instances that did not answer; some may have no name.</param>
/// <param name="Unnamed">Number of instances that did not answer and whose name is not known.</param>
/// <param name="Reason">Why the other instances could not be asked, or not all of them; null if they were.</param>
internal sealed record AdminAnswers(IReadOnlyList<ReadOnlyMemory<byte>> Answers, IReadOnlyList<string> Missing, int Unnamed, string? Reason)
{
    /// <summary>Number of instances that exist, as far as that is known.</summary>
    public int Of => Answers.Count + Missing.Count + Unnamed;

    /// <summary>Returns the JSON object of a response.</summary>
    /// <param name="key">The key of the question; null for none.</param>
    public ReadOnlyMemory<byte> Write(string? key)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            if (key is not null) json.WriteString("key", key);
            json.WriteNumber("answered", Answers.Count);
            json.WriteNumber("of", Of);
            json.WriteStartArray("missing");
            foreach (string name in Missing) json.WriteStringValue(name);
            json.WriteEndArray();
            if (Unnamed > 0) json.WriteNumber("unnamed", Unnamed);
            if (Reason is not null) json.WriteString("reason", Reason);
            json.WriteStartArray("instances");
            // They are valid: an answer from elsewhere was parsed when it was received.
            foreach (ReadOnlyMemory<byte> answer in Answers) json.WriteRawValue(answer.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }
}
