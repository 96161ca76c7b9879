using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>
/// The state of a connection that sends commands: its identity, its numbering and its limits. Created with the first command, so connections that only
/// receive have none. For the connection's reader loop, except where stated otherwise.
/// </summary>
/// <param name="client">Receives the results. Any thread.</param>
/// <param name="wireFormat">The wire format of the connection.</param>
/// <param name="number">The connection's number in <see cref="ReplyTable"/>.</param>
/// <param name="connection">The connection's name, as in <c>relay:hello</c>.</param>
/// <param name="address">The client's address.</param>
/// <param name="user">The user that the handshake named; empty if it named none. Null if the name is unusable, so that every command is refused.</param>
internal sealed class CommandSender(Client client, WireFormat wireFormat, long number, string connection, string address, string? user)
{
    private long _accepted;
    private long _secondStart;
    private int _inSecond;

    public Client Client => client;

    public WireFormat WireFormat => wireFormat;

    /// <summary>The format of responses to the connection. Any thread.</summary>
    public ResponseFormat Format { get; } = ResponseFormats.Of(wireFormat);

    public long Number => number;

    public string Connection => connection;

    public string Address => address;

    public string? User => user;

    /// <summary>Returns what the connection's current token grants; null without access control.</summary>
    public Func<Grant>? Grant { get; init; }

    /// <summary>Commands of this connection that wait for Redis. Used by <see cref="CommandQueue"/> under its lock.</summary>
    public int Pending { get; set; }

    /// <summary>Returns the id of the connection's next command.</summary>
    public string NextId(Instance instance) => new CommandId(instance.Name, number, ++_accepted).ToString();

    /// <summary>Counts a command. Returns false if there were already <paramref name="max"/> in the current second; zero sets no limit.</summary>
    public bool TryCountInSecond(int max, TimeProvider time)
    {
        if (max == 0) return true;
        long now = time.GetTimestamp();
        if (_inSecond == 0 || time.GetElapsedTime(_secondStart, now) >= TimeSpan.FromSeconds(1)) (_secondStart, _inSecond) = (now, 0);
        if (_inSecond >= max) return false;
        _inSecond++;
        return true;
    }
}
