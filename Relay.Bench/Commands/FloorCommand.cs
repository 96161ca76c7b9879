using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Bench.Floor;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The <c>floor</c> command: a server of which only the <c>send</c> calls are left, to compare the relay with.</summary>
internal static class FloorCommand
{
    private static readonly Option<int> Port = NumberOption.Create("--port", "NUMBER", 0, 65_535, 0, "Port on 127.0.0.1 for the clients; 0: any free port.");
    private static readonly Option<int> RedisPort = NumberOption.Create(
        "--redis-port", "NUMBER", 1, 65_535, 6379, "Port of a Redis on 127.0.0.1 without a password.");
    private static readonly Option<bool> Batched = new("--batched") { Description = "Send all events of one read from Redis in one call for each client." };
    private static readonly Option<string> Channel = new("--channel")
    {
        Description = "The channel to subscribe to.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "cecelia:events",
    };

    /// <summary>The end of the help page.</summary>
    public const string Examples =
        """
        Examples:
          One send for each event and client    floor --port 5300
          Compare with a relay                  floor --port 5300 --batched, then fanout ws://127.0.0.1:5300/ws --clients 1000
        """;

    public static Command Create()
    {
        var command = new Command(
            "floor",
            "Run the least that a server can do: send each event to each client, without reading, checking or keeping anything. To compare the relay with.")
        {
            Port, RedisPort, Channel, Batched,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, parsed.GetValue(Port)));
            listener.Listen(4096);
            var redis = new IPEndPoint(IPAddress.Loopback, parsed.GetValue(RedisPort));
            using var floor = new FloorServer(redis, parsed.GetValue(Channel)!, parsed.GetValue(Batched));
            Task accepting = Task.Factory.StartNew(
                () => floor.Accept(listener), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Task sending = Task.Factory.StartNew(
                () => floor.Run(() => Announce(listener)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await await Task.WhenAny(accepting, sending).WaitAsync(cancellationToken);
            await Console.Error.WriteLineAsync("Redis has closed the connection.");
            return ExitCodes.CannotRun;
        }
        catch (SocketException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return ExitCodes.CannotRun;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Good;
        }
    }

    private static void Announce(Socket listener) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Listening on port {((IPEndPoint)listener.LocalEndPoint!).Port}"));
}
