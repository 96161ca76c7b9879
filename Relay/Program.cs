using System.CommandLine;
using Cecelia.Relay.Cli;

Terminal terminal = Terminal.Open();
RootCommand relay = ServeCommand.Create(terminal);
relay.Add(PublishCommand.Create(terminal));
relay.Add(WatchCommand.Create(terminal));
relay.Add(DemoCommand.Create(terminal));
relay.Add(CheckCommand.Create(terminal));
relay.Add(HealthCommand.Create(terminal));
relay.Add(WhyCommand.Create(terminal));
relay.Add(TopCommand.Create(terminal));
relay.Add(ContractsCommand.Create(terminal));

using var stop = new StopSignal(terminal.InIsTerminal);
return await CommandLine.RunAsync(relay, args, terminal, stop.Token);
