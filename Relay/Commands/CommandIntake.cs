using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Commands;

/// <summary>Where clients' commands come in: what all connections share, and the counts. Thread-safe.</summary>
internal sealed class CommandIntake(CommandOptions options, CommandQueue queue, ReplyTable replies, Instance instance, TimeProvider time)
{
    private readonly long[] _counts = new long[CommandOutcomes.All.Count];

    public CommandOptions Options => options;

    public CommandQueue Queue => queue;

    public ReplyTable Replies => replies;

    public string Instance => instance.Name;

    public TimeProvider Time => time;

    /// <summary>How many commands came to that. Any thread.</summary>
    public long Count(CommandOutcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    public void Record(CommandOutcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);

    /// <summary>The sender of a connection, made with its first command. For the connection's reading task, while the request lasts.</summary>
    /// <param name="context">Of the connection's handshake.</param>
    /// <param name="client">Gets the answers.</param>
    /// <param name="format">Of the connection.</param>
    public CommandSender Open(HttpContext context, Client client, WireFormat format)
    {
        StringValues user = options.UserHeader.Length > 0 ? context.Request.Headers[options.UserHeader] : default;
        // Two of them: one is the client's own, and nobody knows which.
        bool isOne = user.Count <= 1 && Encoding.UTF8.GetByteCount(user.ToString()) <= CommandOptions.UserBytes;
        return new CommandSender(this, client, context.Connection.Id, isOne ? user.ToString() : null, format);
    }
}
