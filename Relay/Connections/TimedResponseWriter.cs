using System.Buffers;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>Writes the body of a response that is not a stream. A client that takes nothing for <see cref="FanoutOptions.SendTimeout"/> is cut: its body holds memory.</summary>
internal static class TimedResponseWriter
{
    /// <summary>Handed to the transport before the next piece is copied into its buffers.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>Sets the length and writes the body. Returns when all is handed over, or the peer is gone.</summary>
    /// <param name="context">Its other headers are set.</param>
    /// <param name="body">All of the body; not to change until this returns.</param>
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        TimeSpan patience = context.RequestServices.GetRequiredService<FanoutOptions>().SendTimeout;
        using CancellationTokenSource? end = TryMakeDeadline(context);
        using CancellationTokenRegistration cut = end?.Token.Register(context.Abort) ?? default;
        for (int at = 0; at < body.Length; at += PieceBytes)
        {
            end?.CancelAfter(patience);
            context.Response.BodyWriter.Write(body.Span.Slice(at, Math.Min(PieceBytes, body.Length - at)));
            if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted) return;
        }
    }

    /// <summary>Returns null when there is no memory for a timer. The response is then written without a deadline; the limits of the connection remain.</summary>
    private static CancellationTokenSource? TryMakeDeadline(HttpContext context)
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
