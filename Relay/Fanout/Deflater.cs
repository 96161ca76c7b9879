using System.Runtime.InteropServices;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Compresses messages one at a time, each independently of the others (RFC 7692 without context takeover), with one native stream that is reused. For one
/// thread.
/// </summary>
/// <remarks>
/// Calls the zlib that ships with .NET and that .NET uses in <see cref="System.IO.Compression.DeflateStream"/>. That class cannot do this: its flush keeps the
/// window (a client without context could not read the next message), and a new instance for each message costs 270 KB of native memory each time. The
/// three entry points and the struct are as in .NET 10; a test fails if a later runtime changes them.
/// </remarks>
internal sealed unsafe partial class Deflater : IDisposable
{
    private const string Library = "libSystem.IO.Compression.Native";
    private const int Ok = 0;
    private const int BufferError = -5;

    /// <summary>Z_FULL_FLUSH: ends a block at a byte boundary and resets the window, so that what follows refers to nothing before it.</summary>
    private const int FullFlush = 3;

    /// <summary>A window of 32 KB; negative for raw deflate without zlib's header.</summary>
    private const int WindowBits = -15;

    private const int Deflated = 8;
    private const int FastestLevel = 1;
    private const int DefaultMemory = 8;
    private const int DefaultStrategy = 0;

    /// <summary>Length of the end of a flushed block, which is not sent (RFC 7692 §7.2.1).</summary>
    private const int FlushTrailerBytes = 4;

    private ZStream* _stream;
    private bool _isBroken;

    public Deflater()
    {
        _stream = (ZStream*)NativeMemory.AllocZeroed((nuint)sizeof(ZStream));
        Initialize();
    }

    ~Deflater() => Free();

    /// <summary>
    /// Writes the compressed message into <paramref name="destination"/> from <paramref name="start"/> on, and returns its length. The array is replaced by
    /// a larger one if necessary.
    /// </summary>
    public int Compress(ReadOnlySpan<byte> message, ref byte[] destination, int start)
    {
        int at = start;
        if (_isBroken)
        {
            _ = DeflateEnd(_stream);
            *_stream = default;
            Initialize();
        }

        // Until the message is complete: the output of one that failed half-way would be sent before the next one's.
        _isBroken = true;
        fixed (byte* input = message)
        {
            _stream->NextIn = input;
            _stream->AvailableIn = (uint)message.Length;
            while (true)
            {
                int written = CompressInto(destination.AsSpan(at));
                at += written;
                // Room left over means that all output has been written.
                if (at < destination.Length)
                {
                    _isBroken = false;
                    return at - start - FlushTrailerBytes;
                }

                Array.Resize(ref destination, destination.Length * 2);
            }
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Initialize()
    {
        int result = DeflateInit2(_stream, FastestLevel, Deflated, WindowBits, DefaultMemory, DefaultStrategy);
        if (result != Ok) throw new InvalidOperationException($"zlib cannot be set up ({result}).");
    }

    private int CompressInto(Span<byte> room)
    {
        fixed (byte* output = room)
        {
            _stream->NextOut = output;
            _stream->AvailableOut = (uint)room.Length;
            int result = Deflate(_stream, FullFlush);
            if (result is not (Ok or BufferError)) throw new InvalidOperationException($"zlib failed ({result}).");
            return room.Length - (int)_stream->AvailableOut;
        }
    }

    private void Free()
    {
        if (_stream is null) return;
        _ = DeflateEnd(_stream);
        NativeMemory.Free(_stream);
        _stream = null;
    }

    [LibraryImport(Library, EntryPoint = "CompressionNative_DeflateInit2_")]
    private static partial int DeflateInit2(ZStream* stream, int level, int method, int windowBits, int memory, int strategy);

    [LibraryImport(Library, EntryPoint = "CompressionNative_Deflate")]
    private static partial int Deflate(ZStream* stream, int flush);

    [LibraryImport(Library, EntryPoint = "CompressionNative_DeflateEnd")]
    private static partial int DeflateEnd(ZStream* stream);

    /// <summary>The part of zlib's stream that .NET's native library exposes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ZStream
    {
        public byte* NextIn;
        public byte* NextOut;
        public byte* Message;
        public void* State;
        public uint AvailableIn;
        public uint AvailableOut;
    }
}
