using System.IO.Pipelines;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The output of a socket under TLS. The connection is aborted when the socket takes nothing for a time, whatever it carries. Where each response has a deadline
/// of its own, this one ends what is left: by HTTP/2 a response that is aborted leaves the connection open. Used by one writer at a time, as any pipe is.
/// </summary>
/// <param name="transport">The socket's pipes.</param>
/// <param name="abort">Aborts the connection; called on a timer's thread.</param>
/// <param name="limit">How long one flush may take.</param>
/// <param name="time">Measures that.</param>
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

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) => Limit(transport.Output.WriteAsync(source, cancellationToken));

    // Usually it is complete: a flush is pending only while more than the pipe's threshold has not been taken.
    private ValueTask<FlushResult> Limit(ValueTask<FlushResult> flush) => flush.IsCompleted ? flush : WaitAsync(flush);

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush)
    {
        using ITimer timer = time.CreateTimer(static abort => ((Action)abort!)(), abort, limit, Timeout.InfiniteTimeSpan);
        return await flush.ConfigureAwait(false);
    }
}
