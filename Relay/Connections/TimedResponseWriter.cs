using System.Buffers;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Writes the body of a response that is not a stream. Aborts the request if the client accepts no data for <see cref="FanoutOptions.SendTimeout"/>, because
/// the body holds memory.
/// </summary>
internal static class TimedResponseWriter
{
    /// <summary>Number of bytes that are flushed before more are copied to the transport's buffers.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>Sets the length and writes the body. Returns when the transport has accepted all of it, or the peer is gone.</summary>
    /// <param name="context">The request, whose other response headers have been set.</param>
    /// <param name="body">The whole body. It must not change until this method returns.</param>
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        TimeSpan limit = context.RequestServices.GetRequiredService<FanoutOptions>().SendTimeout;
        using CancellationTokenSource? deadline = TryCreateDeadline(context);
        using CancellationTokenRegistration abort = deadline?.Token.Register(context.Abort) ?? default;
        for (int at = 0; at < body.Length; at += PieceBytes)
        {
            deadline?.CancelAfter(limit);
            context.Response.BodyWriter.Write(body.Span.Slice(at, Math.Min(PieceBytes, body.Length - at)));
            if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted) return;
        }
    }

    /// <summary>
    /// Returns null if there is no memory for a timer. The response is then written without a deadline; the limits of the connection still apply.
    /// </summary>
    private static CancellationTokenSource? TryCreateDeadline(HttpContext context)
    {
        try
        {
            return new CancellationTokenSource(Timeout.InfiniteTimeSpan, context.RequestServices.GetRequiredService<TimeProvider>());
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }
}
