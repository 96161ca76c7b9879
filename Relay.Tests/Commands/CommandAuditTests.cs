using Cecelia.Relay.Commands;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Duties;
using Cecelia.Relay.Tests.Health;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>deploy/OPERATIONS.md, <i>Audit log</i>: one line for each command, whatever its outcome.</summary>
public sealed class CommandAuditTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Published_command_has_a_line_with_who_what_when_and_outcome_and_no_data()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { UserHeader = "X-User" });
        await using FakeBrain brain = await FakeBrain.ConnectAsync(redis.Url, _prefix);
        await using TestClient client = await relay.ConnectAsync(configure: options => options.SetRequestHeader("X-User", "ada@example.org"));
        DateTimeOffset before = TimeProvider.System.GetUtcNow();

        await client.SendAsync("""{"cmd":"user_input","project_id":7,"data":{"text":"secret words"}}""");

        string id = (await brain.ReceiveAsync()).GetProperty("id").GetString()!;
        LogLine line = (await LinesAsync(relay, 1))[0];
        Assert.Equal((LogLevel.Information, "Cecelia.Relay.Commands.CommandAudit", EventIds.CommandAudited), (line.Level, line.Category, line.Id.Id));
        Assert.Equal(
            ("user_input", id, "ada@example.org", "127.0.0.1", "7", "published", "receivers: 1", ""),
            (line.Values["Command"], line.Values["Id"], line.Values["User"], line.Values["Address"], line.Values["Project"], line.Values["Outcome"],
                line.Values["Detail"], line.Values["Data"]));
        Assert.NotEmpty((string)line.Values["Connection"]!);
        Assert.InRange((DateTimeOffset)line.Values["At"]!, before, TimeProvider.System.GetUtcNow());
        Assert.DoesNotContain("secret", string.Join('\n', relay.Logs.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_command_has_a_line_with_the_reason()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { MaxBytes = 100 });
        await using TestClient client = await relay.ConnectAsync();
        (string Message, string Outcome, string Name)[] commands =
        [
            ("""{"cmd":"format_disk"}""", "command_not_allowed", "format_disk"),
            ("""{"cmd":"user_input","extra":1}""", "bad_command", "user_input"),
            ($$$"""{"cmd":"user_input","data":{"text":"{{{new string('x', 100)}}}"}}""", "command_too_large", "user_input"),
            ("""{"cmd":"user_input"}""", "no_receiver", "user_input"),
        ];

        foreach ((string message, _, _) in commands)
        {
            await client.SendAsync(message);
            await client.ReceiveAsync();
        }

        IReadOnlyList<LogLine> lines = await LinesAsync(relay, commands.Length);
        Assert.Equal(
            commands.Select(command => (command.Outcome, command.Name)),
            lines.Select(line => ((string)line.Values["Outcome"]!, (string)line.Values["Command"]!)));
        Assert.Equal(["", "", ""], lines.Take(3).Select(line => line.Values["Id"]));
        Assert.NotEqual("", lines[3].Values["Id"]);
        Assert.All(lines, line => Assert.NotEmpty((string)line.Values["Detail"]!));
    }

    [Fact]
    public async Task Command_that_redis_does_not_get_has_a_line()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", server.Port));
        await using TestClient client = await relay.ConnectAsync();
        await server.StopAsync();

        await client.SendAsync("""{"cmd":"user_input"}""");
        await client.ReceiveAsync();

        LogLine line = (await LinesAsync(relay, 1))[0];
        Assert.Equal("redis_unavailable", line.Values["Outcome"]);
    }

    [Fact]
    public async Task Data_is_written_only_if_asked_for_and_cannot_forge_a_line()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { AuditData = true });
        await using TestClient client = await relay.ConnectAsync();

        await client.SendAsync("{\"cmd\":\"user_input\",\"data\":{\"text\":\n\"" + new string('x', 2000) + "\"}}");
        await client.ReceiveAsync();

        string data = (string)(await LinesAsync(relay, 1))[0].Values["Data"]!;
        Assert.Equal("{\"text\": \"" + new string('x', CommandOptions.AuditDataBytes - 10), data);
    }

    [Fact]
    public async Task Audit_that_is_off_writes_nothing()
    {
        await using RunningRelay relay = await StartAsync(commands => commands with { Audit = false });
        await using TestClient client = await relay.ConnectAsync();

        await client.SendAsync("""{"cmd":"user_input"}""");
        await client.ReceiveAsync();

        Assert.DoesNotContain(relay.Logs.Lines, line => line.Id.Id == EventIds.CommandAudited);
    }

    [Fact]
    public void Lines_beyond_the_limit_are_omitted_and_counted()
    {
        var time = new StepTime();
        using var logs = new LogCapture();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(logs));
        var audit = new CommandAudit(new CommandOptions { AuditMaxPerSecond = 2 }, time, factory.CreateLogger<CommandAudit>());
        var sender = new CommandSender(null!, WireFormat.Cecelia, 1, "c", "192.0.2.1", null);

        for (int i = 0; i < 5; i++) audit.Record(sender, default, "", CommandOutcome.Bad, "");
        Assert.Equal((2, 3), (logs.Lines.Count, audit.Omitted));
        time.Pass(TimeSpan.FromSeconds(1));
        audit.Record(sender, default, "", CommandOutcome.Bad, "");
        Assert.Equal((3, 3), (logs.Lines.Count, audit.Omitted));
    }

    [Fact]
    public async Task Omitted_lines_are_in_the_metrics()
    {
        await using RunningRelay relay = await StartAsync(commands => commands);

        Assert.Equal(0, (await MetricsTests.ReadAsync(relay))["relay_audit_omitted_total"]);
    }

    private static async Task<IReadOnlyList<LogLine>> LinesAsync(RunningRelay relay, int count)
    {
        IReadOnlyList<LogLine> lines = [];
        await Eventually.TrueAsync(() => (lines = [.. relay.Logs.Lines.Where(line => line.Id.Id == EventIds.CommandAudited)]).Count >= count);
        Assert.Equal(count, lines.Count);
        return lines;
    }

    private Task<RunningRelay> StartAsync(Func<CommandOptions, CommandOptions> change) => RunningRelay.StartAsync(
        redis.Url,
        options => options with { Commands = change(options.Commands), Redis = options.Redis with { ChannelPrefix = _prefix } });
}
