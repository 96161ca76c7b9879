using System.Diagnostics;
using System.Text.Json;
using Cecelia.Relay.Cli;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Cli;

/// <summary>Passwords, URLs and certificates from their settings settings and from files: their effect, and that No output contains a secret.</summary>
public sealed class SecretSettingsTests : IDisposable
{
    private const string Password = "open sesame";
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-secrets-").FullName;

    public static TheoryData<string, string> UnusableContents => new()
    {
        { "", "which cannot be read: it is empty, or not a regular file" },
        { "\n\r\n", "which is empty" },
        { "sesame\nsecond", "which has more than one line, or a control character" },
        { "sesame\0", "which has more than one line, or a control character" },
        { new string('s', SecretFile.MaxBytes + 1), "which cannot be read: it has more than 16384 bytes" },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task Secret_file_is_read_without_the_line_end(string end)
    {
        using var terminal = new TestTerminal(environment:
        [
            ("CECELIA_REDIS_URL_FILE", Write("redis", "redis://anna@redis.example:6390" + end)),
            ("CECELIA_REDIS_PASSWORD_FILE", Write("redis-password", Password + end)),
            ("CECELIA_PG_URL", "postgresql://anna@postgres.example/brain"),
            ("CECELIA_PG_PASSWORD_FILE", Write("postgres-password", Password + end)),
        ]);

        RelayOptions options = EffectiveSettings.Load(terminal.Terminal).Options;
        Assert.Equal(0, await terminal.RunAsync("check", "--json"));

        Assert.Equal(("anna", Password), (options.Redis.Url!.User, options.Redis.Url.Password));
        Assert.Equal(("anna", Password), (options.Postgres.Url!.User, options.Postgres.Url.Password));
        using JsonDocument report = JsonDocument.Parse(terminal.Out);
        var found = report.RootElement
            .GetProperty("settings")
            .EnumerateArray()
            .ToDictionary(row => row.GetProperty("name").GetString()!, row => (row.GetProperty("value").GetString(), row.GetProperty("from").GetString()));
        Assert.Equal(("redis://anna:***@redis.example:6390", "file"), found["CECELIA_REDIS_URL"]);
        Assert.Equal((Path.Combine(_folder, "redis"), "environment"), found["CECELIA_REDIS_URL_FILE"]);
        Assert.Equal(("***", "file"), found["CECELIA_REDIS_PASSWORD"]);
        Assert.Equal(("postgresql://anna:***@postgres.example:5432/brain", "environment"), found["CECELIA_PG_URL"]);
        Assert.Empty(report.RootElement.GetProperty("notices").EnumerateArray());
        Assert.DoesNotContain("sesame", terminal.Out + terminal.Error + options, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(UnusableContents))]
    public async Task File_without_a_secret_is_an_error_that_quotes_nothing(string content, string why)
    {
        string file = Write("secret", content);

        foreach (string name in (string[])["CECELIA_REDIS_PASSWORD_FILE", "CECELIA_PG_URL_FILE"])
        {
            await AssertErrorAsync($"{name} names the file {file}, {why}", (name, file));
        }
    }

    [Fact]
    public async Task Secret_file_that_is_not_text_is_an_error()
    {
        string file = Path.Combine(_folder, "secret");
        await File.WriteAllBytesAsync(file, [0xff, 0xfe, 0x41]);

        await AssertErrorAsync($"CECELIA_REDIS_PASSWORD_FILE names the file {file}, which is not UTF-8 text", ("CECELIA_REDIS_PASSWORD_FILE", file));
    }

    [Fact]
    public async Task Unreadable_secret_file_is_an_error()
    {
        await AssertErrorAsync("CECELIA_REDIS_URL_FILE names the file /no/such, which cannot be read: ", ("CECELIA_REDIS_URL_FILE", "/no/such"));
        await AssertErrorAsync(
            $"CECELIA_REDIS_URL_FILE names the file {_folder}, which cannot be read: it is a directory", ("CECELIA_REDIS_URL_FILE", _folder));
    }

    /// <summary>Opening a named pipe waits for its writer: the start hung, and SIGTERM did not end it.</summary>
    [Theory]
    [InlineData("CECELIA_REDIS_PASSWORD_FILE")]
    [InlineData("CECELIA_REDIS_CA")]
    [InlineData("CECELIA_TLS_CERTIFICATE")]
    public async Task Named_pipe_is_an_error_and_does_not_block(string setting)
    {
        string pipe = Path.Combine(_folder, "pipe");
        using (Process made = Process.Start("mkfifo", pipe)) await made.WaitForExitAsync().Within();
        // On another thread: code that wait for the pipe would block the thread of the test.
        using var terminal = new TestTerminal(environment: [("CECELIA_REDIS_URL", "rediss://localhost"), (setting, pipe)]);

        Task<int> checking = Task.Run(() => terminal.RunAsync("check"));

        Assert.Equal(2, await checking.Within());
        Assert.Contains("it is empty, or not a regular file", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_url_in_a_file_is_reported_with_the_file()
    {
        string file = Write("redis", "sesame:6379");

        await AssertErrorAsync(
            $"CECELIA_REDIS_URL_FILE names the file {file}, whose content must begin with redis:// or rediss://", ("CECELIA_REDIS_URL_FILE", file));
    }

    [Fact]
    public async Task Secret_and_secret_file_in_one_source_are_an_error_and_otherwise_the_later_source_wins()
    {
        string file = Write("redis", "redis://file.example");
        await AssertErrorAsync(
            "CECELIA_REDIS_URL and CECELIA_REDIS_URL_FILE are both set; set only one of them",
            ("CECELIA_REDIS_URL", "redis://sesame.example"),
            ("CECELIA_REDIS_URL_FILE", file));

        Assert.Equal("redis://line.example:6379", Redis(line: "redis://line.example", ("CECELIA_REDIS_URL_FILE", file)));
        Assert.Equal("redis://file.example:6379", Redis(line: null, ("Cecelia__RedisUrl", "redis://line.example"), ("CECELIA_REDIS_URL_FILE", file)));
        // Compose passes an an unset variable as an empty one.
        Assert.Equal("redis://file.example:6379", Redis(line: null, ("CECELIA_REDIS_URL", ""), ("CECELIA_REDIS_URL_FILE", file)));
        Assert.Equal("redis://line.example:6379", Redis(line: null, ("CECELIA_REDIS_URL", "redis://line.example"), ("CECELIA_REDIS_URL_FILE", "")));

        static string? Redis(string? line, params (string, string)[] environment)
        {
            using var terminal = new TestTerminal(environment: environment);
            EffectiveSettings effective = EffectiveSettings.Load(
                terminal.Terminal, line is null ? null : new Dictionary<string, string> { ["REDIS_URL"] = line });
            Assert.Empty(effective.Errors);
            return effective.Options.Redis.Url?.Masked;
        }
    }

    [Theory]
    [InlineData(
        "CECELIA_REDIS_URL contains a password, and CECELIA_REDIS_PASSWORD is set too",
        "CECELIA_REDIS_URL=redis://:sesame@h",
        "CECELIA_REDIS_PASSWORD=sesame")]
    [InlineData("CECELIA_REDIS_URL names a user without a password", "CECELIA_REDIS_URL=redis://sesame@h")]
    [InlineData("CECELIA_REDIS_PASSWORD requires CECELIA_REDIS_URL", "CECELIA_REDIS_PASSWORD=sesame")]
    [InlineData("CECELIA_REDIS_CA requires CECELIA_REDIS_URL", "CECELIA_REDIS_CA=/ca")]
    [InlineData("CECELIA_REDIS_CA requires a CECELIA_REDIS_URL that begins with rediss://", "CECELIA_REDIS_URL=redis://h", "CECELIA_REDIS_CA=/ca")]
    [InlineData(
        "CECELIA_REDIS_CERTIFICATE requires a CECELIA_REDIS_URL that begins with rediss://", "CECELIA_REDIS_URL=redis://h", "CECELIA_REDIS_CERTIFICATE=/cert")]
    [InlineData("CECELIA_REDIS_CERTIFICATE_KEY requires CECELIA_REDIS_CERTIFICATE", "CECELIA_REDIS_URL=rediss://h", "CECELIA_REDIS_CERTIFICATE_KEY=/key")]
    [InlineData("CECELIA_REDIS_CA names the PEM file /no/ca, which cannot be used: ", "CECELIA_REDIS_URL=rediss://h", "CECELIA_REDIS_CA=/no/ca")]
    [InlineData(
        "CECELIA_REDIS_CERTIFICATE names the PEM file /no/cert, which cannot be used: ", "CECELIA_REDIS_URL=rediss://h", "CECELIA_REDIS_CERTIFICATE=/no/cert")]
    [InlineData("CECELIA_PG_PASSWORD requires CECELIA_PG_URL", "CECELIA_PG_PASSWORD=sesame")]
    [InlineData(
        "CECELIA_PG_URL contains a password, and CECELIA_PG_PASSWORD is set too", "CECELIA_PG_URL=postgresql://a:sesame@h/d", "CECELIA_PG_PASSWORD=sesame")]
    public Task Conflicting_settings_are_an_error(string error, params string[] environment) =>
        AssertErrorAsync(error, [.. environment.Select(variable => variable.Split('=', 2)).Select(parts => (parts[0], parts[1]))]);

    [Fact]
    public async Task Certificates_in_url_and_settings_are_an_error()
    {
        string file = Path.Combine(_folder, "ca.pem");
        await File.WriteAllBytesAsync(file, RedisCertificate.Create().Certificate);

        await AssertErrorAsync(
            "CECELIA_REDIS_URL names certificates, and CECELIA_REDIS_CA is set too; use either the URL or the settings", (
                "CECELIA_REDIS_URL", $"rediss://h?ca={file}"), ("CECELIA_REDIS_CA", file));
    }

    [Fact]
    public async Task Publishing_uses_password_and_certificates_from_settings()
    {
        await using RedisServer redis = await RedisServer.StartAsync(
            new RedisServerOptions { Tls = true, OnThisMachine = true, ExtraArguments = ["--tls-ca-cert-file", RedisCertificate.CertificateFile] });
        await redis.CommandAsync("ACL", "SETUSER", "anna", "on", ">" + Password, "~*", "&*", "+@all");
        Assert.Equal("OK", await redis.CommandAsync("CONFIG", "SET", "tls-auth-clients", "yes"));
        string url = $"rediss://anna@127.0.0.1:{redis.Port}";
        string certificate = Path.Combine(_folder, "certificate.pem");
        await File.WriteAllBytesAsync(certificate, [.. redis.Certificate!.Certificate, (byte)'\n', .. redis.Certificate.Key]);
        (string, string)[] environment =
        [
            ("CECELIA_REDIS_PASSWORD_FILE", Write("password", Password + "\n")), ("CECELIA_REDIS_CA", certificate), ("CECELIA_REDIS_CERTIFICATE", certificate),
        ];

        // First with the settings of a relay, then with the URL as an option.
        await PublishAsync(new TestTerminal(environment: [.. environment, ("CECELIA_REDIS_URL", url)]));
        await PublishAsync(new TestTerminal(environment: environment), "--redis", url);
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), [.. environment, ("CECELIA_REDIS_URL_FILE", Write("url", url))]);
        await relay.ReadyAsync();

        using var wrong = new TestTerminal(environment: environment);
        Assert.Equal(2, await wrong.RunAsync("publish", "{}", "--redis", $"rediss://:sesame@127.0.0.1:{redis.Port}"));
        Assert.Contains("CECELIA_REDIS_PASSWORD is set too", wrong.Error, StringComparison.Ordinal);

        static async Task PublishAsync(TestTerminal terminal, params string[] options)
        {
            using (terminal)
            {
                Assert.True(await terminal.RunAsync(["publish", "{}", .. options]) == 0, terminal.Out + terminal.Error);
                Assert.DoesNotContain("sesame", terminal.Out + terminal.Error, StringComparison.Ordinal);
            }
        }
    }

    private static async Task AssertErrorAsync(string error, params (string Name, string Value)[] environment)
    {
        using var terminal = new TestTerminal(environment: environment);
        Assert.Equal(2, await terminal.RunAsync("check"));
        Assert.Contains("1 error:", terminal.OutLines);
        Assert.StartsWith(
            "  " + error,
            Assert.Single(terminal.OutLines, line => line.StartsWith("  CECELIA_", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", terminal.Out + terminal.Error, StringComparison.Ordinal);
    }

    private string Write(string name, string content)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, content);
        return file;
    }
}
