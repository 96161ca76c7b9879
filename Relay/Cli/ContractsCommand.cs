using System.CommandLine;
using System.Text;
using Cecelia.Relay.Http;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>contracts</c> command: prints a machine-readable description of the messages.</summary>
internal static class ContractsCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("NAME")
        {
            HelpName = "asyncapi|events",
            Description =
                "asyncapi: the AsyncAPI 3 document of all messages, as served at /asyncapi.json.\nevents: the JSON Schema of the events that publishers send.",
        };
        name.AcceptOnlyFromAmong("asyncapi", "events");
        var command = new Command("contracts", "Print the contract of the relay's messages as JSON.") { name };
        HelpPage.AddTo(command, terminal, "Relay contracts events > events.schema.json");
        command.SetAction(async (parsed, _) =>
        {
            await terminal.Out.WriteAsync(
                Encoding.UTF8.GetString(parsed.GetValue(name) == "events" ? EmbeddedContracts.ReadEvents() : EmbeddedContracts.ReadAsyncApi()));
            return ExitCode.Done;
        });
        return command;
    }
}
