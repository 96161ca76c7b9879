using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>
/// One connection as a sender of commands: judges them, numbers them, and tells the client what came of each. <see cref="Send"/> and <see cref="Unregister"/> are for
/// the connection's reading task; the answers come from the one that publishes.
/// </summary>
internal sealed class CommandSender
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly CommandIntake _intake;
    private readonly Client _client;
    private readonly string _connection;
    private readonly string? _user;
    private readonly ResponseFormat _format;
    private readonly IReadOnlyList<string> _names;
    private readonly long _number;
    private long _taken;
    private int _pending;
    private long _secondStart;
    private int _inSecond;

    /// <param name="intake">Shared by all.</param>
    /// <param name="client">Gets the answers.</param>
    /// <param name="connection">The connection's name, as in <c>relay:hello</c>.</param>
    /// <param name="user">Who it is; empty: nobody said. Null: what was said cannot be used, and every command is refused.</param>
    /// <param name="format">Of the connection.</param>
    public CommandSender(CommandIntake intake, Client client, string connection, string? user, WireFormat format)
    {
        _intake = intake;
        _client = client;
        _connection = connection;
        _user = user;
        _format = ResponseFormats.Of(format);
        _names = intake.Options.NamesOf(format);
        _number = intake.Replies.Add(client);
    }

    private long NowMs => _intake.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Sends the command on its way, or says why not. Never waits.</summary>
    /// <param name="message">UTF-8 text that was found to be one JSON object, nested no deeper than a client's message may be.</param>
    public void Send(ReadOnlySpan<byte> message)
    {
        var text = CommandText.Read(message);
        ResponseFormat format = _format.For(text.IsType);
        if (Validate(text, message.Length) is { } refusal)
        {
            SendError(refusal.Outcome, refusal.Sentence, text.Reference, format);
            return;
        }

        string id = new CommandId(_intake.Instance, _number, ++_taken).ToString();
        var command = new Command(this, id, text.Reference, format, Write(text, message, id), _intake.Time.GetTimestamp());
        if (Interlocked.Increment(ref _pending) <= CommandOptions.MaxPendingOfConnection && _intake.Queue.TryAdd(command)) return;
        Interlocked.Decrement(ref _pending);
        SendError(CommandOutcome.Full, "Too many commands wait for Redis, so this one was not published", text.Reference, format);
    }

    /// <summary>For the publisher: Redis gave the command to so many subscribers.</summary>
    public void Acknowledge(Command command, long receivers, bool isWhole)
    {
        Release(command);
        if (receivers == 0 && isWhole)
        {
            SendError(CommandOutcome.NoReceiver, "No Brain is subscribed, so nobody received the command", command.Reference, command.Format);
            return;
        }

        _intake.Record(CommandOutcome.Published);
        if (_format != ResponseFormat.Subprotocol) return;
        _client.Post(Frames.Text(RelayMessage.Write(RelayMessage.Ack, NowMs, "", json =>
        {
            json.WriteString("id", command.Id);
            if (command.Reference is { } reference) json.WriteString("ref", reference);
            json.WriteNumber("receivers", receivers);
        })));
    }

    /// <summary>For the publisher: Redis did not take the command, or nobody knows.</summary>
    public void Fail(Command command, string sentence)
    {
        Release(command);
        SendError(CommandOutcome.RedisUnavailable, sentence, command.Reference, command.Format);
    }

    /// <summary>The connection is over: replies find it no more.</summary>
    public void Unregister() => _intake.Replies.Remove(_number);

    private (CommandOutcome Outcome, string Sentence)? Validate(CommandText text, int bytes)
    {
        CommandOptions options = _intake.Options;
        if (!options.Enabled) return (CommandOutcome.Disabled, "Commands are switched off here (CECELIA_COMMANDS)");
        if (bytes > options.MaxBytes) return (CommandOutcome.TooLarge, string.Create(CultureInfo.InvariantCulture, $"A command has at most {options.MaxBytes} bytes"));
        if (text.Error is { } mistake) return (CommandOutcome.Bad, mistake);
        if (_names is not ["*"] && !_names.Contains(text.Name, StringComparer.Ordinal)) return (CommandOutcome.NotAllowed, NotAllowed());
        if (_user is null) return (CommandOutcome.Bad, "The header that names the user was given twice, or is too long");
        return CountInSecond() ? null : (CommandOutcome.TooMany, string.Create(CultureInfo.InvariantCulture, $"At most {options.MaxPerSecond} commands in a second, so this one was not published"));
    }

    private string NotAllowed() => _names.Count == 0
        ? "No command is allowed here (CECELIA_COMMAND_NAMES)"
        : $"No command of this name is allowed here; allowed are: {string.Join(", ", _names)}";

    private bool CountInSecond()
    {
        if (_intake.Options.MaxPerSecond == 0) return true;
        long now = _intake.Time.GetTimestamp();
        if (_inSecond == 0 || _intake.Time.GetElapsedTime(_secondStart, now) >= TimeSpan.FromSeconds(1)) (_secondStart, _inSecond) = (now, 0);
        if (_inSecond >= _intake.Options.MaxPerSecond) return false;
        _inSecond++;
        return true;
    }

    private byte[] Write(CommandText text, ReadOnlySpan<byte> message, string id)
    {
        var bytes = new ArrayBufferWriter<byte>(message.Length + 256);
        using var json = new Utf8JsonWriter(bytes, Json);
        json.WriteStartObject();
        json.WriteString(text.IsType ? "type" : "cmd", text.Name);
        json.WritePropertyName("data");
        // As the client wrote it: numbers keep their digits. The reader has passed over it, so it is JSON.
        json.WriteRawValue(text.Data.IsEmpty ? "{}"u8 : text.Data.Get(message), skipInputValidation: true);
        json.WriteString("id", id);
        json.WriteString("connection", _connection);
        if (!string.IsNullOrEmpty(_user)) json.WriteString("user", _user);
        if (!text.ProjectId.IsEmpty)
        {
            json.WritePropertyName("project_id");
            json.WriteRawValue(text.ProjectId.Get(message), skipInputValidation: true);
        }

        json.WriteString("timestamp", RelayMessage.Time(NowMs));
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private void Release(Command command)
    {
        Interlocked.Decrement(ref _pending);
        _intake.Queue.Release(command);
    }

    private void SendError(CommandOutcome outcome, string sentence, string? reference, ResponseFormat format)
    {
        _intake.Record(outcome);
        _client.Post(Frames.Text(ErrorMessage.Write(format, outcome.ToWireName(), sentence, reference, NowMs)));
    }
}
