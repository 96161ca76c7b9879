using System.Text;
using Cecelia.Relay.Commands;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>PROTOCOL.md, <i>Commands</i>: the members and limits of a command.</summary>
public sealed class ClientMessageParserTests
{
    private static readonly string Name128 = new('n', 128);
    private static readonly string Text256 = new('x', 256);

    public static TheoryData<string, string> Invalid => new()
    {
        { """{"cmd":7}""", "name" },
        { """{"cmd":null}""", "name" },
        { """{"cmd":""}""", "name" },
        { """{"cmd":"a\nb"}""", "name" },
        { """{"cmd":"a\u0085b"}""", "name" },
        { """{"type":"\ud800"}""", "name" },
        { $$"""{"cmd":"{{Name128}}n"}""", "name" },
        { """{"cmd":"a","type":"a"}""", "either cmd or type" },
        { """{"type":"a","cmd":"b"}""", "either cmd or type" },
        { """{"cmd":"a","cmd":"a"}""", "given twice" },
        { """{"cmd":"a","data":{},"data":{}}""", "given twice" },
        { """{"cmd":"a","ref":"r","\u0072ef":"r"}""", "given twice" },
        { """{"cmd":"a","data":null}""", "data must be an object" },
        { """{"cmd":"a","data":[1]}""", "data must be an object" },
        { """{"cmd":"a","data":"{}"}""", "data must be an object" },
        { """{"cmd":"a","project_id":1.5}""", "project_id" },
        { """{"cmd":"a","project_id":{}}""", "project_id" },
        { """{"cmd":"a","project_id":""}""", "project_id" },
        { """{"cmd":"a","project_id":"\udc00"}""", "project_id" },
        { $$"""{"cmd":"a","project_id":"{{Text256}}x"}""", "project_id" },
        { $$"""{"cmd":"a","project_id":{{new string('7', 257)}}}""", "project_id" },
        { """{"cmd":"a","ref":1}""", "ref must" },
        { """{"cmd":"a","ref":""}""", "ref must" },
        { $$"""{"cmd":"a","ref":"{{Text256[..65]}}"}""", "ref must" },
        { """{"cmd":"a","timestamp":5}""", "timestamp" },
        { """{"cmd":"a","Data":{}}""", "nothing else" },
        { """{"cmd":"a","id":"x"}""", "nothing else" },
        { """{"cmd":"a","reply_to":"x"}""", "nothing else" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Invalid_command_reports_its_error(string message, string expectedText)
    {
        string? error = Read(message).Command.Error;

        Assert.NotNull(error);
        Assert.Contains(expectedText, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"bad":1,"cmd":"a","ref":"r1"}""")]
    [InlineData("""{"ref":"r1","cmd":7,"data":[[{"ref":"no"}]]}""")]
    [InlineData("""{"data":{"ref":"no"},"cmd":"a","type":"a","ref":"\u00721"}""")]
    public void Reference_is_read_from_an_invalid_command(string message)
    {
        ClientCommand command = Read(message).Command;

        Assert.NotNull(command.Error);
        Assert.Equal("r1", command.Reference);
    }

    [Fact]
    public void First_error_is_reported() =>
        Assert.Contains("timestamp", Read("""{"cmd":"a","timestamp":1,"data":2,"x":3}""").Command.Error, StringComparison.Ordinal);

    [Fact]
    public void Longest_allowed_values_are_accepted()
    {
        string reference = Text256[..64];

        ClientMessage message = Read($$"""{"type":"{{Name128}}","project_id":"{{Text256}}","ref":"{{reference}}","data":{},"timestamp":"any"}""");

        ClientCommand command = message.Command;
        Assert.Null(command.Error);
        Assert.Equal((true, Name128, reference), (message.HasType, command.Name, command.Reference));
        Assert.Equal(258, command.ProjectId.Length);
    }

    [Fact]
    public void Parts_are_slices_of_the_original_message()
    {
        const string Message =
            """ { "data" : { "a" : [ 1.50 , {"cmd":"x"} ] , "a":2 } , "cmd" : "st\u0061rt" , "project_id" : -12345678901234567890 , "ref" : "名" } """;
        byte[] bytes = Encoding.UTF8.GetBytes(Message);

        var message = ClientMessage.Read(bytes);

        ClientCommand command = message.Command;
        Assert.Null(command.Error);
        Assert.Equal((ClientMessageKind.Command, false, "start", "名"), (message.Kind, message.HasType, command.Name, command.Reference));
        Assert.Equal("""{ "a" : [ 1.50 , {"cmd":"x"} ] , "a":2 }""", Encoding.UTF8.GetString(command.Data.Get(bytes)));
        Assert.Equal("-12345678901234567890", Encoding.UTF8.GetString(command.ProjectId.Get(bytes)));
    }

    [Fact]
    public void Null_is_treated_as_absent()
    {
        ClientMessage message = Read("""{"cmd":"a","project_id":null,"ref":null,"timestamp":null}""");

        Assert.Equal(new ClientMessage(ClientMessageKind.Command, false, "", new ClientCommand("a", null, default, default, null)), message);
    }

    [Theory]
    [InlineData("dab4b21b15e6-17-3", "dab4b21b15e6", 17)]
    [InlineData("a-b-1-9223372036854775807", "a-b", 1)]
    public void Id_contains_instance_and_connection(string id, string instance, long connection)
    {
        Assert.True(CommandId.TryRead(Encoding.UTF8.GetBytes(id), out ReadOnlySpan<byte> of, out long number));
        Assert.Equal((instance, connection), (Encoding.UTF8.GetString(of), number));
    }

    [Fact]
    public void Id_is_written_as_instance_connection_and_number()
    {
        string id = new CommandId("dab4b21b15e6", 17, 3).ToString();

        Assert.Equal("dab4b21b15e6-17-3", id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("--")]
    [InlineData("a-1")]
    [InlineData("a-1-")]
    [InlineData("a--1")]
    [InlineData("a-1-x")]
    [InlineData("a-x-1")]
    [InlineData("a-1-1 ")]
    [InlineData("a-+1-1")]
    [InlineData("a-01-1")]
    [InlineData("a-0-1")]
    [InlineData("a-1-9223372036854775808")]
    public void Invalid_id_is_rejected(string text) => Assert.False(CommandId.TryRead(Encoding.UTF8.GetBytes(text), out _, out _));

    private static ClientMessage Read(string message) => ClientMessage.Read(Encoding.UTF8.GetBytes(message));
}
