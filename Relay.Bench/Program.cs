using System.CommandLine;
using System.CommandLine.Invocation;
using Cecelia.Relay.Bench.Commands;

// Read when the first socket is made: the thread that waits for all sockets then also reads them, and no load client costs a hop to the thread pool.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

ParseResult parsed = CommandLine.Make().Parse(args);
if (parsed.Action is ParseErrorAction error) error.ShowHelp = false;

// An interrupted run still has a result: what is on its way is waited for.
int code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
return parsed.Errors.Count > 0 ? ExitCodes.CannotRun : code;
