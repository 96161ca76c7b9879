using System.Threading.Channels;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Commands that wait for Redis, or for its answer: bounded in number and bytes, counted until <see cref="Release"/>. Any thread adds, one takes.
/// </summary>
internal sealed class CommandQueue
{
    private readonly Channel<Command> _waiting = Channel.CreateUnbounded<Command>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private int _count;
    private long _bytes;

    /// <summary>Commands that are not answered yet. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>False when it is full.</summary>
    public bool TryAdd(Command command)
    {
        lock (_gate)
        {
            if (_count >= CommandOptions.MaxPending || (_count > 0 && _bytes + command.Payload.Length > CommandOptions.MaxPendingBytes)) return false;
            _count++;
            _bytes += command.Payload.Length;
        }

        return _waiting.Writer.TryWrite(command);
    }

    /// <summary>All that is added, in order, until it is cancelled.</summary>
    public IAsyncEnumerable<Command> TakeAllAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Makes room: what came of the command is known.</summary>
    public void Release(Command command)
    {
        lock (_gate)
        {
            _count--;
            _bytes -= command.Payload.Length;
        }
    }
}
