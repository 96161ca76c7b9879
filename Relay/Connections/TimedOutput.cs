using System.IO.Pipelines;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The output of a socket with TLS. Aborts the connection when the socket accepts no data for some time, regardless of what it carries. Each response has a
/// deadline of its own, but with HTTP/2 an aborted response leaves the connection open; this deadline ends it. For one writer at a time, like any pipe.
/// </summary>
/// <param name="transport">The socket's pipes.</param>
/// <param name="abort">Aborts the connection. Called on a timer thread.</param>
/// <param name="limit">The maximum time of one flush.</param>
/// <param name="time">The clock of the limit.</param>
internal sealed class TimedOutput(IDuplexPipe transport, Action abort, TimeSpan limit, TimeProvider time) : PipeWriter, IDuplexPipe
{
    public PipeReader Input => transport.Input;

    public PipeWriter Output => this;

    public override bool CanGetUnflushedBytes => transport.Output.CanGetUnflushedBytes;

    public override long UnflushedBytes => transport.Output.UnflushedBytes;

    public override void Advance(int bytes) => transport.Output.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => transport.Output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => transport.Output.GetSpan(sizeHint);

    public override void CancelPendingFlush() => transport.Output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => transport.Output.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => transport.Output.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => Limit(transport.Output.FlushAsync(cancellationToken));

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Limit(transport.Output.WriteAsync(source, cancellationToken));

    // A flush is usually complete: it is pending only while the pipe holds more than its threshold.
    private ValueTask<FlushResult> Limit(ValueTask<FlushResult> flush) => flush.IsCompleted ? flush : WaitAsync(flush);

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush)
    {
        using ITimer timer = time.CreateTimer(static abort => ((Action)abort!)(), abort, limit, Timeout.InfiniteTimeSpan);
        return await flush.ConfigureAwait(false);
    }
}
