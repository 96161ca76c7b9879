using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Bench.Sending;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The <c>send</c> command: what one system call costs, of which the cost of a delivery mostly consists.</summary>
internal static class SendCommand
{
    private const int Rounds = 15;

    private static readonly Option<int> Clients = NumberOption.Create("--clients", "NUMBER", 1, 9000, 500, "Number of connected sockets.");
    private static readonly Option<bool> Inside = new("--inside") { Hidden = true };

    /// <summary>The end of the help page.</summary>
    public const string Examples =
        """
        A send on the loopback interface includes the work of the receiver, which a network would leave to another machine. The sending half is measured
        in a network namespace of its own, where arriving packets are dropped. Needs Linux, root, unshare, iproute2 and nftables.

        Examples:
          sudo send --clients 1000
        """;

    public static Command Create()
    {
        var command = new Command("send", "Measure one send of a 204-byte frame: over TCP on the loopback interface, its sending half, and over a Unix socket.")
        {
            Clients, Inside,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        try
        {
            if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) throw new BenchException("This needs Linux and root.");
            int clients = parsed.GetValue(Clients);
            if (parsed.GetValue(Inside)) Measure(clients);
            else RunInside(clients);
            return ExitCodes.Good;
        }
        catch (BenchException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return ExitCodes.CannotRun;
        }
    }

    private static void RunInside(int clients)
    {
        string[] arguments = ["--net", Environment.ProcessPath!, "send", "--inside", "--clients", clients.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start("unshare", arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new BenchException("The measurement in a network namespace has failed.");
    }

    private static void Measure(int clients)
    {
        SendCost.Run("ip", "link", "set", "lo", "up");
        using var tcp = SendCost.OverTcp(clients);
        using var unix = SendCost.OverUnixSocket(clients);
        double both = tcp.Measure(Rounds);
        double half = tcp.MeasureSendingHalf(Rounds);
        double again = tcp.Measure(Rounds);
        double file = unix.Measure(Rounds);
        double whole = (both + again) / 2;
        Console.WriteLine($"{"one send of 204 bytes",-40} {"CPU time",10} {"ratio",7}");
        Row("TCP on the loopback interface", whole);
        Row("TCP, the sending half only", half);
        Row("Unix socket", file);

        void Row(string name, double cost) =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {cost,7:0.00} µs {cost / whole,7:0.00}"));
    }
}
