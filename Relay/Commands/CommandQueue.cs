using System.Threading.Channels;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Commands that wait for Redis, or for its answer: bounded in number and bytes, and in number for each connection. A command counts until
/// <see cref="Release"/>. Any thread may add; one takes.
/// </summary>
internal sealed class CommandQueue
{
    private readonly Channel<Command> _waiting = Channel.CreateUnbounded<Command>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private int _count;
    private long _bytes;

    /// <summary>Commands that have not been released. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Returns false if a bound has been reached.</summary>
    public bool TryAdd(Command command)
    {
        lock (_gate)
        {
            if (command.Sender.Pending >= CommandOptions.MaxPendingOfConnection || _count >= CommandOptions.MaxPending) return false;
            if (_count > 0 && _bytes + command.Payload.Length > CommandOptions.MaxPendingBytes) return false;
            command.Sender.Pending++;
            _count++;
            _bytes += command.Payload.Length;
        }

        return _waiting.Writer.TryWrite(command);
    }

    /// <summary>Returns the commands in the order in which they were added, until it is cancelled.</summary>
    public IAsyncEnumerable<Command> TakeAllAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Stops counting a command, because its outcome is known. Called once for each command.</summary>
    public void Release(Command command)
    {
        lock (_gate)
        {
            command.Sender.Pending--;
            _count--;
            _bytes -= command.Payload.Length;
        }
    }
}
