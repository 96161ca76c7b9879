using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Commands;

/// <summary>The fields of a command as its client wrote them, or the first error in them. Slices refer to the message that was read.</summary>
/// <param name="Name">The command's name.</param>
/// <param name="Reference">The client's own name for the command; null if it gave none, or an invalid one.</param>
/// <param name="Data">The object as written; empty if there is none.</param>
/// <param name="ProjectId">A JSON string or integer as written; empty if there is none.</param>
/// <param name="Error">The first error, as a message for the client; null if there is none.</param>
internal readonly record struct ClientCommand(string Name, string? Reference, Slice Data, Slice ProjectId, string? Error)
{
    private static readonly string NameError = $"The name of a command must be a string of 1 to {CommandOptions.NameBytes} bytes without control characters";
    private static readonly string ReferenceError = $"ref must be a string of 1 to {CommandOptions.ReferenceBytes} bytes";
    private static readonly string ProjectIdError = $"project_id must be a string or an integer of 1 to {EventLimits.KeyBytes} bytes";

    /// <summary>
    /// Returns the command with one more field. Fields after an error are read too, so that a refusal can name the command's reference. The data of the
    /// command is not included: its end is found only later.
    /// </summary>
    /// <param name="field">The field whose value the reader is at.</param>
    /// <param name="reader">The reader, at the first token of the value.</param>
    /// <param name="seen">The fields before this one.</param>
    public ClientCommand With(CommandField field, in Utf8JsonReader reader, CommandField seen)
    {
        ClientCommand command = this;
        string? error = CommandFields.FindConflict(field, seen) ?? ReadValue(ref command, reader, field);
        return command with { Error = Error ?? error };
    }

    /// <summary>Adds the value to the command. Returns the error if it is invalid.</summary>
    private static string? ReadValue(ref ClientCommand command, in Utf8JsonReader reader, CommandField field)
    {
        switch (field)
        {
            case CommandField.Cmd or CommandField.Type:
                if (!TryReadText(reader, CommandOptions.NameBytes, out string name) || name.Any(char.IsControl)) return NameError;
                command = command with { Name = name };
                return null;
            case CommandField.Data:
                return reader.TokenType == JsonTokenType.StartObject ? null : "data must be an object";
        }

        // Null means absent, as in the envelope of a publisher.
        if (reader.TokenType == JsonTokenType.Null) return null;
        switch (field)
        {
            case CommandField.ProjectId:
                bool isInteger = reader.TokenType == JsonTokenType.Number
                    && reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0
                    && reader.ValueSpan.Length <= EventLimits.KeyBytes;
                if (!isInteger && !TryReadText(reader, EventLimits.KeyBytes, out _)) return ProjectIdError;
                command = command with { ProjectId = new Slice((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)) };
                return null;
            case CommandField.Reference:
                if (!TryReadText(reader, CommandOptions.ReferenceBytes, out string reference)) return ReferenceError;
                command = command with { Reference = reference };
                return null;
            default:
                return reader.TokenType == JsonTokenType.String ? null : "timestamp must be a string";
        }
    }

    /// <summary>Returns false if the value is not a string, is empty, is too long, or contains half a surrogate pair.</summary>
    private static bool TryReadText(in Utf8JsonReader reader, int maxBytes, out string text)
    {
        text = "";
        if (reader.TokenType != JsonTokenType.String) return false;
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        scoped ReadOnlySpan<byte> utf8 = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            if (!JsonText.TryUnescape(utf8, buffer[..maxBytes], out int length)) return false;
            utf8 = buffer[..length];
        }

        if (utf8.Length == 0 || utf8.Length > maxBytes) return false;
        text = Encoding.UTF8.GetString(utf8);
        return true;
    }
}
