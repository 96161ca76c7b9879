using System.Text;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Tests.Cli;

/// <summary>A terminal backed by from with a temporary folder folder for <c>appsettings.json</c>.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly SynchronizedWriter _out = new();
    private readonly SynchronizedWriter _error = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-cli-").FullName;

    public TestTerminal(
        string input = "",
        bool isTerminal = false,
        TimeProvider? time = null,
        long memoryLimitBytes = 0,
        long? descriptorLimit = null,
        params (string Name, string Value)[] environment) => Terminal = new Terminal
        {
            In = new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Out = _out,
            Error = _error,
            InIsTerminal = isTerminal,
            OutIsTerminal = isTerminal,
            Environment = environment.ToDictionary(variable => variable.Name, variable => variable.Value),
            SettingsFolders = [_folder],
            Time = time ?? TimeProvider.System,
            MemoryLimitBytes = memoryLimitBytes,
            DescriptorLimit = () => descriptorLimit,
        };

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public string[] OutLines => Lines(Out);

    public string[] ErrorLines => Lines(Error);

    public TestTerminal WithAppSettings(string json)
    {
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), json);
        return this;
    }

    public Task<int> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    public async Task<int> RunAsync(CancellationToken cancellationToken, params string[] args)
    {
        System.CommandLine.RootCommand relay = ServeCommand.Create(Terminal);
        relay.Add(PublishCommand.Create(Terminal));
        relay.Add(WatchCommand.Create(Terminal));
        relay.Add(DemoCommand.Create(Terminal));
        relay.Add(CheckCommand.Create(Terminal));
        relay.Add(HealthCommand.Create(Terminal));
        relay.Add(WhyCommand.Create(Terminal));
        relay.Add(TopCommand.Create(Terminal));
        relay.Add(ContractsCommand.Create(Terminal));
        return await CommandLine.RunAsync(relay, args, Terminal, cancellationToken).Within();
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private sealed class SynchronizedWriter : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_text) _text.Append(value);
        }

        public override void Write(string? value)
        {
            lock (_text) _text.Append(value);
        }

        public override string ToString()
        {
            lock (_text) return _text.ToString();
        }
    }
}
