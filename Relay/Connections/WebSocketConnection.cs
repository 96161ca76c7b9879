using System.Buffers.Binary;
using System.Buffers;
using System.Net.Sockets;
using System.Text.Unicode;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Microsoft.AspNetCore.Connections.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A connection by WebSocket: its receiving half. It reads frames, answers them through its <see cref="Client"/>, and knows when it is over. One task reads; the
/// sweeper and the drain call it from other threads.
/// </summary>
internal sealed class WebSocketConnection : Connection
{
    private const int ReadBytes = 4096;

    private readonly CommandIntake _commands;

    // For the reader loop only: the request ends soon after that loop.
    private readonly HttpContext _context;
    private readonly Stream _stream;

    // Of this connection alone; null by HTTP/2, where others share it.
    private readonly Socket? _socket;
    private CommandSender? _sender;
    private FrameReader _reader;
    private int _peerCode;
    private long _lastSeenMs;
    private long _lastPingMs;
    private long _secondStartMs;
    private int _messagesInSecond;
    private long _unfinishedSinceMs;
    private bool _garbled;
    private long _progressAtClose;
    private volatile bool _stopped;

    public WebSocketConnection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader feed, CommandIntake commands)
        : base(accepted, options, time, feed)
    {
        _commands = commands;
        (_context, _stream) = (accepted.Context, accepted.Stream);
        _socket = HttpProtocol.IsHttp2(_context.Request.Protocol) ? null : _context.Features.Get<IConnectionSocketFeature>()?.Socket;
        _reader = new FrameReader(options.MaxMessageBytes, options.MaxFragments, deflate: accepted.View.View.Kind.Encoding == FrameEncoding.Deflate);
        _lastSeenMs = _lastPingMs = NowMs;
    }

    public override Transport Transport => Transport.WebSocket;

    /// <summary>The peer's own code when it closed first.</summary>
    public override int ClosedWith => Reason == CloseReason.PeerClosed ? _peerCode : base.ClosedWith;

    private bool IsPlain => Greeting is null;

    /// <summary>True for a plain client that is there and gets what is queued before the end of the stream.</summary>
    private bool HasQueuedOutput => IsPlain && Reason.EndsWithoutCloseFrame() && Reason != CloseReason.NoPong && _socket is not null;

    private WireFormat Format => Client.View.View.Kind.Format;

    private long Progress => Client.Delivered + Client.Sink.Progress;

    /// <summary>Reads until the closing handshake is complete, the connection is aborted, or the peer is gone.</summary>
    public override async Task RunAsync()
    {
        try
        {
            while (true)
            {
                // Issue a zero-byte read so that an idle connection does not hold a buffer. Pass no token: an abort ends the read by itself, and a
                // registration is memory that every idle connection would hold.
#pragma warning disable CA2022 // The read is meant to return no bytes.
                await _stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
                byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
                try
                {
                    int length = await _stream.ReadAsync(buffer);
                    if (length == 0 || _stopped || !ReadFrames(buffer.AsSpan(0, length))) return;
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer vanished, or we cut the connection; Reason says which.
        }
        finally
        {
            if (_sender is not null) _commands.Unregister(_sender);
            _reader.Release();
        }
    }

    /// <inheritdoc/>
    public override void End()
    {
        if (_socket is null || (!Client.CloseSent && !HasQueuedOutput))
        {
            Abort();
            return;
        }

        // A peer that continues to send is read at most once more.
        _stopped = true;
        StopReading(_socket);
    }

    protected override bool CanSendBye(CloseReason reason) => base.CanSendBye(reason) || (IsPlain && reason.EndsWithoutCloseFrame());

    protected override void SendBye(CloseReason reason, TimeSpan retryWithin)
    {
        if (IsPlain && reason.EndsWithoutCloseFrame())
        {
            FinishWithoutClose(reason);
            return;
        }

        (int code, string text) = reason.ToCloseFrame();
        if (Greeting is not null) Client.Post(Greeting.Bye(reason, code, retryWithin));
        Client.Close(Frames.Close(code, text));
    }

    /// <summary>A plain client that still takes what is queued has more time, and what its socket holds is sent in any case.</summary>
    protected override void OnCloseTimeout()
    {
        long before = _progressAtClose;
        _progressAtClose = Progress;
        if (HasQueuedOutput && !Client.CloseSent && _progressAtClose != before) RestartCloseTimeout();
        else End();
    }

    protected override void CheckHeartbeat(long nowMs)
    {
        long unfinishedSince = Volatile.Read(ref _unfinishedSinceMs);
        if (unfinishedSince > 0 && nowMs - unfinishedSince >= (long)Options.MessageTimeout.TotalMilliseconds)
        {
            Close(CloseReason.MessageUnfinished);
            return;
        }

        long interval = (long)Options.PingInterval.TotalMilliseconds;
        if (interval == 0) return;
        if (nowMs - Volatile.Read(ref _lastSeenMs) >= 2 * interval)
        {
            Close(CloseReason.NoPong);
        }
        else if (nowMs - _lastPingMs >= interval)
        {
            _lastPingMs = nowMs;
            Client.Post(Frames.Ping);
        }
    }

    /// <summary>False when the closing handshake is complete.</summary>
    private bool ReadFrames(Span<byte> input)
    {
        Volatile.Write(ref _lastSeenMs, NowMs);
        if (_garbled) return true;
        while (_reader.TryRead(ref input, out InboundFrame frame))
        {
            // A control frame between the fragments of a message does not extend its deadline.
            if (!_reader.IsInMessage) Volatile.Write(ref _unfinishedSinceMs, 0);
            if (frame.Broken != CloseReason.None)
            {
                // The peer's close frame is still waited for, so that ours arrives: cutting a socket with unread input loses what was sent.
                if (frame.Broken == CloseReason.ProtocolError) FinishAfterClose();
                Close(frame.Broken);
                _reader.Skip();
                if (_garbled) return true;
                continue;
            }

            if (frame.Opcode == Opcode.Close)
            {
                AnswerClose(frame.Payload);
                return false;
            }

            // Once we have sent our close frame, only the peer's matters (RFC 6455 §5.5.1); without one, the answer to our last ping.
            if (Reason == CloseReason.None) Handle(frame);
            else if (IsPlain && frame.Opcode == Opcode.Pong && Client.CloseSent && frame.Payload.SequenceEqual(Frames.LastPingPayload)) return false;
        }

        _reader.ReturnFrame();
        if (!_reader.IsUnfinished) Volatile.Write(ref _unfinishedSinceMs, 0);
        else if (_unfinishedSinceMs == 0) Volatile.Write(ref _unfinishedSinceMs, NowMs);
        return true;
    }

    /// <summary>
    /// Ends the output behind the close frame, because the peer's close frame can no longer be found; input is dropped until the peer closes or the close time-out
    /// has passed. TLS and HTTP/2 cannot end one direction, so there the close time-out alone ends the connection.
    /// </summary>
    private void FinishAfterClose()
    {
        _garbled = true;
        if (Client.Sink is not SocketSink) return;
        Client.Closed = EndSending;
        // The close frame of an earlier violation may have been sent before.
        Client.Wake();
    }

    /// <summary>
    /// Sends what is queued, and ends the stream without a close frame; then input is dropped until the peer closes. A socket can be closed in one direction. Where
    /// TLS or HTTP/2 is between, nothing tells when it has sent all of that, and closing it too early loses the rest if the peer sends anything: the pong to a
    /// last ping shows that all has arrived.
    /// </summary>
    private void FinishWithoutClose(CloseReason reason)
    {
        _progressAtClose = Progress;
        bool isBare = Client.Sink is SocketSink;
        if (isBare) Client.Closed = EndSending;
        byte[] last = isBare ? [] : Frames.LastPing;
        if (reason is CloseReason.ShuttingDown or CloseReason.MaxAge) Client.End(last);
        else Client.Close(last);
    }

    private void EndSending()
    {
        try
        {
            _socket!.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    private void Handle(InboundFrame frame)
    {
        if (!CountMessage())
        {
            Close(CloseReason.TooManyMessages);
            return;
        }

        switch (frame.Opcode)
        {
            case Opcode.Text:
                if (frame.IsCompressed) HandleCompressed(frame.Payload);
                else Respond(frame.Payload);
                break;
            case Opcode.Ping:
                Client.Post(Frames.Pong(frame.Payload));
                break;
            case Opcode.Binary:
                Close(CloseReason.BinaryMessage);
                break;
            default:
                // A pong: it was a sign of life, and that has been noted.
                break;
        }
    }

    private void HandleCompressed(ReadOnlySpan<byte> compressed)
    {
        CloseReason broken = Inflate.TryMessage(compressed, Options.MaxMessageBytes, out byte[] message, out int length);
        ReadOnlySpan<byte> text = message.AsSpan(0, length);
        if (broken == CloseReason.None && !Utf8.IsValid(text)) broken = CloseReason.InvalidUtf8;
        if (broken != CloseReason.None) Close(broken);
        else Respond(text);
        ArrayPool<byte>.Shared.Return(message);
    }

    private void Respond(ReadOnlySpan<byte> text)
    {
        var message = ClientMessage.Read(text);
        switch (message.Kind)
        {
            case ClientMessageKind.Hello when Greeting is not null:
                _ = ResumeAsync(message.Since);
                break;
            case ClientMessageKind.Command:
                _sender ??= _commands.Register(_context, Client, Format);
                _commands.Accept(_sender, message, text);
                break;
            default:
                Client.Post(ClientResponse.To(message, ResponseFormats.Of(Format), UnixMs));
                break;
        }
    }

    private void AnswerClose(ReadOnlySpan<byte> payload)
    {
        _peerCode = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : CloseReasons.NoStatus;
        bool valid = payload.Length == 0 || (payload.Length >= 2 && CloseReasons.MayBeReceived(_peerCode) && Utf8.IsValid(payload[2..]));
        if (!valid)
        {
            Close(CloseReason.ProtocolError);
            return;
        }

        if (SetReason(CloseReason.PeerClosed)) Client.Close(payload.Length == 0 ? Frames.CloseWithoutCode() : Frames.Close(_peerCode, ""));
    }

    private bool CountMessage()
    {
        if (Options.MaxMessagesPerSecond == 0) return true;
        long now = NowMs;
        if (now - _secondStartMs >= 1000)
        {
            _secondStartMs = now;
            _messagesInSecond = 0;
        }

        return ++_messagesInSecond <= Options.MaxMessagesPerSecond;
    }
}
