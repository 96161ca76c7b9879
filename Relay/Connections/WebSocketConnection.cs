using System.Buffers.Binary;
using System.Buffers;
using System.Text.Unicode;
using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The receiving side of a WebSocket connection. It reads frames and responds through its <see cref="Client"/>, whose pump is the only writer. The sweeper
/// and the drain call it from other threads.
/// </summary>
/// <remarks>
/// The reader loop (<see cref="RunAsync"/>, or the thread of an <see cref="EpollLoop"/>) and the pump meet in two ways.
/// <para>When the reader loop ends, the pump may be:</para>
/// <list type="number">
/// <item>Idle. <see cref="Connection.EndAsync"/> removes the client, and no send follows.</item>
/// <item>In the middle of a send that does not block. The removal waits for its end.</item>
/// <item>Waiting until the peer accepts the rest of a frame. With a <see cref="StreamSink"/>, <see cref="Connection.EndAsync"/> waits for that up to the close
/// timeout, then aborts the connection and waits for the write to fail. Without a stream, the socket is closed, and what it has not taken is dropped.</item>
/// </list>
/// <para>When the pump has sent the close frame, or gives the client up, the reader loop may be:</para>
/// <list type="number">
/// <item>Waiting for data. The peer's close frame ends it (RFC 6455 §5.5.1), otherwise the sweeper does after the close timeout. If nothing more can be sent,
/// an abort ends it at once.</item>
/// <item>Handling a message. Its response is dropped, because the client is closing.</item>
/// <item>Finding a violation. The first reason is kept, and <c>Closed</c> may be set after the close frame has been sent; the client is woken once more for
/// that case.</item>
/// </list>
/// </remarks>
internal sealed class WebSocketConnection : Connection
{
    private const int ReadBytes = 4096;

    private readonly CommandIntake _commands;

    // Used by this connection only; null with HTTP/2, where connections share a socket.
    private readonly IPeerSocket? _socket;
    private CommandSender? _sender;
    private FrameReader _reader;
    private int _peerCode;
    private long _lastSeenMs;
    private long _lastPingMs;
    private long _secondStartMs;
    private int _messagesInSecond;
    private long _unfinishedSinceMs;
    private bool _isUnreadable;
    private long _progressAtClose;
    private volatile bool _stopped;

    public WebSocketConnection(AcceptedConnection accepted, ConnectionOptions options, TimeProvider time, TimelineReader timeline, CommandIntake commands)
        : base(accepted, options, time, timeline)
    {
        _commands = commands;
        _socket = HttpProtocol.IsHttp2(accepted.Context.Request.Protocol) ? null : accepted.Context.FindPeerSocket();
        _reader = new FrameReader(options.MaxMessageBytes, options.MaxFragments, deflate: accepted.View.View.Kind.Encoding == FrameEncoding.Deflate);
        _lastSeenMs = _lastPingMs = NowMs;
    }

    public override Transport Transport => Transport.WebSocket;

    /// <summary>The peer's own code if it closed first.</summary>
    public override int ClosedWith => Reason == CloseReason.PeerClosed ? _peerCode : base.ClosedWith;

    private bool IsPlain => Greeting is null;

    /// <summary>True for a client without the subprotocol that is connected and receives its queued output before the end of the stream.</summary>
    private bool HasQueuedOutput => IsPlain && Reason.EndsWithoutCloseFrame() && Reason != CloseReason.NoPong && _socket is not null;

    private WireFormat Format => Client.View.View.Kind.Format;

    private long Progress => Client.Delivered + Client.Sink.Progress;

    /// <summary>Reads until the closing handshake is complete, the connection is aborted, or the peer is gone.</summary>
    public override async Task RunAsync(Stream input)
    {
        try
        {
            while (true)
            {
                // Issue a zero-byte read so that an idle connection does not hold a buffer. Pass no token: an abort ends the read by itself, and a
                // registration is memory that every idle connection would hold.
#pragma warning disable CA2022 // The read is meant to return no bytes.
                await input.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
                byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
                try
                {
                    int length = await input.ReadAsync(buffer);
                    if (length == 0 || !TryRead(buffer.AsSpan(0, length))) return;
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer disconnected, or the relay aborted the connection; Reason says which.
        }
        finally
        {
            OnReadingEnded();
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

    /// <summary>
    /// Extends the timeout while a client without the subprotocol accepts its queued output. Data in the socket's buffer is sent in any case.
    /// </summary>
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

    protected override void OnReadingEnded()
    {
        if (_sender is not null) _commands.Unregister(_sender);
        _reader.Release();
    }

    /// <summary>Handles the frames in the input. Returns false if the closing handshake is complete, or the connection has been ended.</summary>
    protected override bool TryRead(Span<byte> input)
    {
        if (_stopped) return false;
        Volatile.Write(ref _lastSeenMs, NowMs);
        if (_isUnreadable) return true;
        while (_reader.TryRead(ref input, out InboundFrame frame))
        {
            // A control frame between the fragments of a message does not extend its deadline.
            if (!_reader.IsInMessage) Volatile.Write(ref _unfinishedSinceMs, 0);
            if (frame.Broken != CloseReason.None)
            {
                // Wait for the peer's close frame, so that ours arrives: closing a socket with unread input discards the data that was sent.
                if (frame.Broken == CloseReason.ProtocolError) FinishAfterClose();
                Close(frame.Broken);
                _reader.Skip();
                if (_isUnreadable) return true;
                continue;
            }

            if (frame.Opcode == Opcode.Close)
            {
                AnswerClose(frame.Payload);
                return false;
            }

            // After our close frame, only the peer's close frame is relevant (RFC 6455 §5.5.1); without a close frame, only the pong to our last ping.
            if (Reason == CloseReason.None) Handle(frame);
            else if (IsPlain && frame.Opcode == Opcode.Pong && Client.CloseSent && frame.Payload.SequenceEqual(Frames.LastPingPayload)) return false;
        }

        _reader.ReturnFrame();
        if (!_reader.IsUnfinished) Volatile.Write(ref _unfinishedSinceMs, 0);
        else if (_unfinishedSinceMs == 0) Volatile.Write(ref _unfinishedSinceMs, NowMs);
        return true;
    }

    /// <summary>
    /// Ends the output after the close frame, because the peer's close frame can no longer be found. Input is dropped until the peer closes or the close
    /// timeout has passed. TLS and HTTP/2 cannot end one direction, so there only the close timeout ends the connection.
    /// </summary>
    private void FinishAfterClose()
    {
        _isUnreadable = true;
        if (Client.Sink is StreamSink) return;
        Client.Closed = _socket!.EndSending;
        // The close frame of an earlier violation may have been sent already.
        Client.Wake();
    }

    /// <summary>
    /// Sends the queued output and ends the stream without a close frame; then input is dropped until the peer closes. A bare socket can be closed in one
    /// direction. With TLS or HTTP/2 it is not known when all output has been sent, and closing too early loses the rest if the peer sends anything. There, a
    /// last ping is sent, and its pong proves that everything has arrived.
    /// </summary>
    private void FinishWithoutClose(CloseReason reason)
    {
        _progressAtClose = Progress;
        bool isBare = Client.Sink is not StreamSink;
        if (isBare) Client.Closed = _socket!.EndSending;
        byte[] last = isBare ? [] : Frames.LastPing;
        if (reason is CloseReason.ShuttingDown or CloseReason.MaxAge) Client.End(last);
        else Client.Close(last);
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
                // A pong. The time of its receipt has been recorded.
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
            case ClientMessageKind.Token when Greeting is not null && Access is not null:
                _ = RenewAsync(Access, message.Token);
                break;
            case ClientMessageKind.Command:
                _sender ??= _commands.Register(
                    (Origin.Name, Origin.Address.ToString(), Origin.User), Client, Format, Access is { } access ? () => access.Grant : null);
                _commands.Accept(_sender, message, text);
                break;
            default:
                Client.Post(ClientResponse.To(message, ResponseFormats.Of(Format), UnixMs));
                break;
        }
    }

    /// <summary>Checks a token that the client sent, and uses it. Throws nothing.</summary>
    private async Task RenewAsync(ConnectionAccess access, string token)
    {
        try
        {
            AccessResult result = await access.RenewAsync(token, UseToken, CancellationToken.None);
            if (result.Grant is not null) return;
            (string reason, string text) = (result.Failure.ToWireName(), result.Failure.ToMessage());
            Client.Post(Frames.Text(ErrorMessage.Write(ResponseFormat.Subprotocol, reason, text, null, UnixMs)));
        }
        catch (Exception)
        {
            // Nothing awaits this task. The client is closed with an internal error, and reconnects.
            Fail();
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
