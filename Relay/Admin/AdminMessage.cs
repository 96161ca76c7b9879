using System.Buffers;
using System.Text.Json;

namespace Cecelia.Relay.Admin;

/// <summary>
/// The messages between instances. A question is a JSON object. An answer is the line <c>{"nonce":…,"instance":…,"part":0,"parts":2}</c> and a part of the
/// answer's bytes. Whatever may publish on the channels may send anything, so everything that is read is checked.
/// </summary>
internal static class AdminMessage
{
    /// <summary>Maximum length of the name of an instance.</summary>
    private const int MaxNameLength = 64;

    /// <summary>The verb of the message with which an instance announces that it stops.</summary>
    private const string Bye = "bye";

    public static byte[] WriteQuestion(Guid nonce, string from, AdminQuestion question) => Write(json =>
    {
        json.WriteString("nonce", nonce);
        json.WriteString("from", from);
        json.WriteString("verb", question.Verb.ToWireName());
        json.WriteString("key", question.Key);
    });

    /// <summary>Returns the message of an instance that stops.</summary>
    public static byte[] WriteBye(string from) => Write(json =>
    {
        json.WriteString("from", from);
        json.WriteString("verb", Bye);
    });

    /// <summary>Returns one part of an answer.</summary>
    public static byte[] WritePart(Guid nonce, string instance, int part, int parts, ReadOnlySpan<byte> bytes) =>
    [
        .. Write(json =>
        {
            json.WriteString("nonce", nonce);
            json.WriteString("instance", instance);
            json.WriteNumber("part", part);
            json.WriteNumber("parts", parts);
        }),
        (byte)'\n',
        .. bytes,
    ];

    /// <summary>Reads a question. False for any other message, also one of another version.</summary>
    /// <param name="message">The message.</param>
    /// <param name="from">The name of the instance that asks; also set for an instance that stops.</param>
    /// <param name="isBye">True if the instance stops.</param>
    /// <param name="nonce">The nonce of the question.</param>
    /// <param name="question">The question.</param>
    public static bool TryReadQuestion(byte[] message, out string from, out bool isBye, out Guid nonce, out AdminQuestion question)
    {
        (from, isBye, nonce, question) = ("", false, default, new AdminQuestion(AdminVerb.Connections));
        if (!TryParse(message, out JsonElement json) || !TryName(json, "from", out from)) return false;
        string? verb = TextOf(json, "verb");
        isBye = verb == Bye;
        if (isBye || AdminVerbs.Parse(verb) is not { } known || !Guid.TryParse(TextOf(json, "nonce"), out nonce)) return false;
        question = new AdminQuestion(known, TextOf(json, "key") ?? "");
        return true;
    }

    /// <summary>Reads a part of an answer. False for any other message.</summary>
    public static bool TryReadPart(byte[] message, out Guid nonce, out string instance, out int part, out int parts, out ReadOnlyMemory<byte> bytes)
    {
        (nonce, instance, part, parts, bytes) = (default, "", 0, 0, default);
        int line = message.AsSpan().IndexOf((byte)'\n');
        if (line < 0 || !TryParse(message.AsMemory(0, line), out JsonElement json) || !TryName(json, "instance", out instance)) return false;
        if (!Guid.TryParse(TextOf(json, "nonce"), out nonce) || !TryNumber(json, "part", out part) || !TryNumber(json, "parts", out parts)) return false;
        bytes = message.AsMemory(line + 1);
        return part >= 0 && part < parts;
    }

    /// <summary>Returns whether the bytes are one JSON object.</summary>
    public static bool IsObject(ReadOnlyMemory<byte> bytes) => TryParse(bytes, out _);

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static bool TryParse(ReadOnlyMemory<byte> bytes, out JsonElement json)
    {
        json = default;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            json = document.RootElement.Clone();
            return json.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? TextOf(JsonElement json, string name)
    {
        try
        {
            return json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is valid JSON and no text.
            return null;
        }
    }

    private static bool TryNumber(JsonElement json, string name, out int number)
    {
        number = 0;
        return json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number);
    }

    private static bool TryName(JsonElement json, string member, out string name)
    {
        name = TextOf(json, member) ?? "";
        return name.Length is > 0 and <= MaxNameLength;
    }
}
