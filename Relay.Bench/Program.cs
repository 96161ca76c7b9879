using System.CommandLine;
using System.CommandLine.Invocation;
using Cecelia.Relay.Bench.Commands;

// Read when the first socket is created. The thread that polls all sockets then also reads them, which saves each load client a switch to the thread pool.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

ParseResult parsed = CommandLine.Create().Parse(args);
if (parsed.Action is ParseErrorAction error) error.ShowHelp = false;

// An interrupted run still has a result: it waits for outstanding events.
int code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
return parsed.Errors.Count > 0 ? ExitCodes.CannotRun : code;
