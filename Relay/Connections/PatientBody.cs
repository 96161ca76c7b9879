using System.Buffers;

namespace Cecelia.Relay.Connections;

/// <summary>Writes the body of an answer for as long as the peer takes it: one that takes nothing holds bytes, and is cut.</summary>
internal static class PatientBody
{
    /// <summary>Handed to the transport before the next piece is copied into its buffers.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>Returns when all is handed over, or the peer is gone.</summary>
    /// <param name="context">Its headers are set, the length among them.</param>
    /// <param name="body">All of the body; not to change until this returns.</param>
    /// <param name="patience">How long a piece may take.</param>
    /// <param name="time">Measures that.</param>
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body, TimeSpan patience, TimeProvider time)
    {
        using var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using CancellationTokenRegistration cut = end.Token.Register(context.Abort);
        for (int at = 0; at < body.Length; at += PieceBytes)
        {
            end.CancelAfter(patience);
            context.Response.BodyWriter.Write(body.Span.Slice(at, Math.Min(PieceBytes, body.Length - at)));
            if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted) return;
        }
    }
}
