using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Commands;

/// <summary>A command as its client wrote it, or what is wrong with it. Slices lie in the message that was read.</summary>
/// <param name="IsType">The name stood under <c>type</c>, as in System B; otherwise under <c>cmd</c>, as in System D.</param>
/// <param name="Name">The command's name.</param>
/// <param name="Reference">The client's own name for it; null when it gave none, or none that could be used.</param>
/// <param name="Data">The object as written; empty when there was none.</param>
/// <param name="ProjectId">As written, a JSON string or integer; empty when there was none.</param>
/// <param name="Error">The first thing that is wrong, as a sentence for the client; null: nothing is.</param>
internal readonly record struct CommandText(bool IsType, string Name, string? Reference, Slice Data, Slice ProjectId, string? Error)
{
    /// <summary>Bytes of <c>project_id</c>.</summary>
    private const int LongestMember = 10;

    private static readonly string FindNameError = $"The name of a command must be a string of 1 to {CommandOptions.NameBytes} bytes without control characters";
    private static readonly string FindReferenceError = $"ref must be a string of 1 to {CommandOptions.ReferenceBytes} bytes";

    /// <summary>Reads all of it, past mistakes too, so that a refusal can say which command it is about. Throws nothing.</summary>
    /// <param name="message">UTF-8 text that was found to be one JSON object.</param>
    public static CommandText Read(ReadOnlySpan<byte> message)
    {
        // The message has been read before, so no depth is too much for it now.
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var command = new CommandText(false, "", null, default, default, null);
        Member seen = Member.None;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Member member = MemberOf(reader);
            string? mistake = member == Member.None ? "A command has cmd or type, and data, project_id, timestamp and ref, and nothing else" : null;
            if ((seen & member) != 0) mistake = "A field of the command is given twice";
            else if (member is Member.Cmd or Member.Type && (seen & (Member.Cmd | Member.Type)) != 0) mistake = "A command has either cmd or type, not both";
            seen |= member;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            mistake ??= ReadMember(ref command, reader, member);
            reader.Skip();
            if (member == Member.Data) command = command with { Data = new Slice(start, (int)reader.BytesConsumed - start) };
            if (mistake is not null && command.Error is null) command = command with { Error = mistake };
        }

        return command;
    }

    /// <summary>Takes the value under the reader; a sentence when it is wrong.</summary>
    private static string? ReadMember(ref CommandText command, in Utf8JsonReader reader, Member member)
    {
        switch (member)
        {
            case Member.Cmd or Member.Type:
                command = command with { IsType = member == Member.Type };
                if (!TryText(reader, CommandOptions.NameBytes, out string name) || name.Any(char.IsControl)) return FindNameError;
                command = command with { Name = name };
                return null;
            case Member.Data:
                return reader.TokenType == JsonTokenType.StartObject ? null : "data must be an object";
        }

        // As from a publisher: null for what a client does not have.
        if (reader.TokenType == JsonTokenType.Null) return null;
        switch (member)
        {
            case Member.ProjectId:
                bool isInteger = reader.TokenType == JsonTokenType.Number && reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0 && reader.ValueSpan.Length <= EventLimits.KeyBytes;
                if (!isInteger && !TryText(reader, EventLimits.KeyBytes, out _)) return $"project_id must be a string or an integer of 1 to {EventLimits.KeyBytes} bytes";
                command = command with { ProjectId = new Slice((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex)) };
                return null;
            case Member.Reference:
                if (!TryText(reader, CommandOptions.ReferenceBytes, out string reference)) return FindReferenceError;
                command = command with { Reference = reference };
                return null;
            default:
                return reader.TokenType == JsonTokenType.String ? null : "timestamp must be a string";
        }
    }

    private static Member MemberOf(in Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[LongestMember];
        return reader.ShortText(buffer) switch
        {
            var key when key.SequenceEqual("cmd"u8) => Member.Cmd,
            var key when key.SequenceEqual("type"u8) => Member.Type,
            var key when key.SequenceEqual("data"u8) => Member.Data,
            var key when key.SequenceEqual("project_id"u8) => Member.ProjectId,
            var key when key.SequenceEqual("ref"u8) => Member.Reference,
            var key when key.SequenceEqual("timestamp"u8) => Member.Timestamp,
            _ => Member.None,
        };
    }

    /// <summary>False when it is no string, is empty, too long, or holds half a surrogate pair.</summary>
    private static bool TryText(in Utf8JsonReader reader, int mostBytes, out string text)
    {
        text = "";
        if (reader.TokenType != JsonTokenType.String) return false;
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        scoped ReadOnlySpan<byte> utf8 = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            if (!JsonText.TryUnescape(utf8, buffer[..mostBytes], out int length)) return false;
            utf8 = buffer[..length];
        }

        if (utf8.Length == 0 || utf8.Length > mostBytes) return false;
        text = Encoding.UTF8.GetString(utf8);
        return true;
    }

    /// <summary>What a command may have, as a set, so that a repeated one is noticed.</summary>
    [Flags]
    private enum Member
    {
        None = 0,
        Cmd = 1,
        Type = 2,
        Data = 4,
        ProjectId = 8,
        Reference = 16,
        Timestamp = 32,
    }
}
