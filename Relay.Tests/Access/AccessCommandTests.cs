using System.Text.Json;
using System.Text.Json.Nodes;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Tests.Commands;

namespace Cecelia.Relay.Tests.Access;

/// <summary>Commands and replies with tokens.</summary>
public sealed class AccessCommandTests(GuardedRelay guarded) : IClassFixture<GuardedRelay>
{
    private const string Refused = "command_not_allowed";

    [Theory]
    [InlineData("read", "start_session", null, null, Refused)]
    [InlineData("command", "start_session", "p1", null, "no_receiver")]
    [InlineData("admin", "start_session", "p1", null, "no_receiver")]
    [InlineData("command", "user_input", "p1", null, Refused)]
    [InlineData("command", "start_session", "p2", null, Refused)]
    [InlineData("command", "start_session", null, null, Refused)]
    [InlineData("command", "start_session", null, "{\"project_id\":\"p1\"}", "no_receiver")]
    [InlineData("command", "start_session", null, "{\"projectId\":\"p1\"}", "no_receiver")]
    [InlineData("command", "start_session", "p1", "{\"project_id\":\"p2\"}", Refused)]
    [InlineData("command", "start_session", null, "{\"project_id\":\"p1\",\"project_id\":\"p2\"}", Refused)]
    [InlineData("command", "start_session", null, "{\"project\\u005fid\":\"p2\",\"projectId\":\"p1\"}", Refused)]
    [InlineData("command", "start_session", "p1", "{\"project_id\":{\"a\":1}}", Refused)]
    [InlineData("command", "start_session", "p1", "{\"project_id\":null,\"deep\":{\"project_id\":\"p2\"}}", "no_receiver")]
    public async Task Command_is_limited_by_role_name_and_project(string role, string name, string? project, string? data, string reason)
    {
        JsonObject claim = TokenIssuer.OfProjects(role, false, "p1");
        claim["commands"] = new JsonArray("start_*", "pause_session");

        Assert.Equal(reason, await SendAsync(claim, name, project, data));
    }

    [Theory]
    [InlineData("{\"execution_id\":\"e1\"}", "no_receiver")]
    [InlineData("{\"executionId\":\"e2\"}", Refused)]
    [InlineData(null, Refused)]
    public async Task Command_is_limited_by_execution(string? data, string reason)
    {
        JsonObject claim = TokenIssuer.Everything("command");
        claim["executions"] = new JsonArray("e1");

        Assert.Equal(reason, await SendAsync(claim, "start_session", null, data));
    }

    [Fact]
    public async Task Shared_permits_commands_without_a_project() =>
        Assert.Equal("no_receiver", await SendAsync(TokenIssuer.OfProjects("command", true, "p1"), "start_session", null, null));

    [Fact]
    public async Task Absent_list_permits_no_command()
    {
        JsonObject claim = TokenIssuer.Everything("command");
        claim.Remove("commands");

        Assert.Equal(Refused, await SendAsync(claim, "start_session", null, null));
    }

    [Theory]
    [InlineData("read", null)]
    [InlineData("command", "start_session,pause_session")]
    public async Task Hello_lists_the_commands_of_the_token(string role, string? names)
    {
        JsonObject claim = TokenIssuer.Everything(role);
        claim["commands"] = new JsonArray("start_session", "pause_session", "other");
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(claim));

        JsonElement commands = client.Hello.GetProperty("commands");

        Assert.Equal(names, commands.ValueKind == JsonValueKind.Null ? null : string.Join(',', commands.EnumerateArray().Select(name => name.GetString())));
    }

    [Fact]
    public async Task User_is_that_of_the_token_and_a_reply_that_names_another_project_is_not_delivered()
    {
        await using FakeBrain brain = await FakeBrain.ConnectAsync(guarded.Redis);
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.OfProjects("command", false, "p1"), user: "grace"));
        await client.ReceiveSnapshotAsync();
        long hidden = guarded.Relay.Get<CommandCounts>().Count(ReplyOutcome.Hidden);

        await client.Socket.SendAsync("""{"cmd":"start_session","project_id":"p1"}""");
        JsonElement command = await brain.ReceiveAsync();
        string id = command.GetProperty("id").GetString()!;
        await guarded.PublishAsync(
            $$"""{"event":"reply","data":{"n":1},"project_id":"p2","reply_to":"{{id}}"}""",
            $$"""{"event":"reply","data":{"n":2},"execution_id":"e1","reply_to":"{{id}}"}""",
            """{"event":"tick","data":{"n":3},"project_id":"p1"}""");

        Assert.Equal("grace", command.GetProperty("user").GetString());
        Assert.Equal(2, (await client.ReceiveAsync(null)).Number);
        Assert.Equal(3, (await client.ReceiveAsync(null)).Number);
        Assert.Equal(hidden + 1, guarded.Relay.Get<CommandCounts>().Count(ReplyOutcome.Hidden));
    }

    [Fact]
    public async Task New_token_changes_what_the_connection_may_command()
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(TokenIssuer.Everything("command")));
        await client.Socket.SendAsync("""{"cmd":"start_session"}""");
        Assert.Equal("no_receiver", await ReasonAsync(client));

        await client.Socket.SendAsync(
            new JsonObject { ["type"] = "token", ["token"] = guarded.Issuer.Issue(TokenIssuer.Everything("read")) }.ToJsonString());
        await client.ReceiveAsync("relay:token");
        await client.Socket.SendAsync("""{"cmd":"start_session"}""");

        Assert.Equal(Refused, await ReasonAsync(client));
    }

    private static async Task<string> ReasonAsync(SubprotocolClient client) =>
        (await client.ReceiveAsync("relay:error")).Data.GetProperty("reason").GetString()!;

    private async Task<string> SendAsync(JsonObject claim, string name, string? project, string? data)
    {
        await using SubprotocolClient client = await ConnectAsync(guarded.Issuer.Issue(claim));
        await client.Socket.SendAsync(
            $$"""{"cmd":"{{name}}","project_id":{{(project is null ? "null" : $"\"{project}\"")}},"data":{{data ?? "{}"}}}""");
        return await ReasonAsync(client);
    }

    private Task<SubprotocolClient> ConnectAsync(string token) => SubprotocolClient.ConnectAsync(guarded.Relay.WebSocket, token: token);
}
