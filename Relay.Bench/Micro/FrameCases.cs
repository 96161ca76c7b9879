using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Encoding of messages as WebSocket frames, which happens once for all clients of a view.</summary>
internal static class FrameCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Write("frame/plain-200B", Payloads.Progress, FrameEncoding.Plain),
        Write("frame/plain-4KB", Payloads.Large, FrameEncoding.Plain),
        Write("frame/deflated-200B", Payloads.Progress, FrameEncoding.Deflate),
        Write("frame/deflated-4KB", Payloads.Large, FrameEncoding.Deflate),
    ];

    private static MicroCase Write(string name, byte[] message, FrameEncoding encoding) => new(name, () =>
    {
        var writer = new FrameWriter(compressionMinBytes: 0);
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                message.CopyTo(writer.Begin(message.Length));
                writer.End(message.Length);
                writer.Frame(encoding);
            }
        };
    });
}
