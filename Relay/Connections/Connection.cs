using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The receiving half of one connection, and its life: it reads frames, answers them through its <see cref="Client"/>, and knows when it is over.
/// One task reads; the sweeper and the drain call <see cref="Sweep"/> and <see cref="Close"/> from other threads.
/// </summary>
internal sealed class Connection
{
    private const int ReadBytes = 4096;

    // Of the transport's own, which outlives the request: the sweeper works on a copy of the table and may come a moment too late, when the
    // context has been taken apart and would throw, on a timer's thread.
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Feed _feed;
    private readonly Greeting? _greeting;
    private readonly CommandIntake _commands;

    // For the reading task alone: the request is over soon after that.
    private readonly HttpContext _context;
    private CommandSender? _sender;
    private readonly long _startMs;
    private FrameReader _reader;
    private int _reason;
    private int _peerCode;
    private long _lastSeenMs;
    private long _lastPingMs;
    private long _closeByMs = long.MaxValue;
    private readonly long _endMs;
    private long _unknownAtMs = long.MaxValue;
    private long _secondStartMs;
    private int _messagesInSecond;
    private bool _garbled;

    public Connection(HttpContext context, ConnectionOptions options, TimeProvider time, bool deflate, Feed feed, Pump pump, PumpedView view, Start start, Greeting? greeting, CommandIntake commands)
    {
        _greeting = greeting;
        _commands = commands;
        _context = context;
        _lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _options = options;
        _time = time;
        _reader = new FrameReader(options.MaxMessageBytes, options.MaxFragments, deflate);
        _startMs = _lastSeenMs = _lastPingMs = NowMs;
        // Those that came together do not all leave together.
        _endMs = options.MaxAge == TimeSpan.Zero ? long.MaxValue : _startMs + (long)(options.MaxAge.TotalMilliseconds * (0.8 + (0.2 * Random.Shared.NextDouble())));
        _feed = feed;
        ExpectFirst(view.View, start);
        Client = new Client(pump, view, start, GiveUp, Lag);
    }

    /// <summary>Index in the table's list. For the table, under its lock.</summary>
    public int TableIndex { get; set; }

    public Client Client { get; }

    /// <summary>Why it ended, or <see cref="CloseReason.None"/> while it lives. The first reason stays.</summary>
    public CloseReason Reason => (CloseReason)Volatile.Read(ref _reason);

    /// <summary>The code that is counted for the end: the peer's own when it closed first.</summary>
    public int ClosedWith => Reason == CloseReason.PeerClosed ? _peerCode : Reason.Wire().Code;

    public TimeSpan Age => TimeSpan.FromMilliseconds(NowMs - _startMs);

    private long UnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private long NowMs => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    /// <summary>Reads until the connection is over: the closing handshake is done, its time is up, or the peer is gone.</summary>
    public async Task ReadAsync(Stream stream)
    {
        try
        {
            while (true)
            {
                // A read of nothing waits for something: an idle connection holds no buffer. No token either: an abort ends the read by itself, and
                // a registration is memory that an idle connection would hold for nothing.
#pragma warning disable CA2022 // Nothing is meant to be read here.
                await stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
                byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
                try
                {
                    int length = await stream.ReadAsync(buffer);
                    if (length == 0 || !Take(buffer.AsSpan(0, length))) return;
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
            SetReason(CloseReason.PeerGone);
            _reader.Release();
        }
    }

    /// <summary>Takes the connection from its pump and waits until nothing more is written, if need be by cutting it. Called once, after <see cref="ReadAsync"/>.</summary>
    public async Task EndAsync()
    {
        _sender?.End();
        await Client.RemoveAsync();
        Task pending = Client.Sink.Pending;
        if (pending.IsCompleted) return;
        try
        {
            await pending.WaitAsync(_options.CloseTimeout, _time);
        }
        catch (TimeoutException)
        {
            Abort();
            await pending;
        }
    }

    /// <summary>Starts the closing handshake, or cuts the connection where no close frame can be sent. Any thread; the first reason wins.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryWithin">A client that should come back is asked to wait for a random part of this. Default a second.</param>
    public void Close(CloseReason reason, TimeSpan? retryWithin = null)
    {
        if (!SetReason(reason)) return;
        if (!reason.CanBeSent())
        {
            _lifetime.Abort();
            return;
        }

        Volatile.Write(ref _closeByMs, NowMs + (long)_options.CloseTimeout.TotalMilliseconds);
        (int code, string text) = reason.Wire();
        if (_greeting is not null) Client.Post(Greeting.Bye(reason, code, retryWithin ?? TimeSpan.FromSeconds(1), UnixMs));
        Client.Close(Frames.Close(code, text));
    }

    /// <summary>Cuts the connection now, whatever is under way. Any thread.</summary>
    public void Abort() => _lifetime.Abort();

    /// <summary>Pings, and ends what is dead: called about once a second for each connection, by one thread.</summary>
    public void Sweep(long sendTimeoutMs)
    {
        long now = NowMs;
        if (now >= Volatile.Read(ref _closeByMs))
        {
            Abort();
        }
        else if (Client.IsStalled(now, sendTimeoutMs))
        {
            Close(CloseReason.Stalled);
        }
        else if (now >= _endMs)
        {
            Close(CloseReason.MaxAge);
        }
        else if (now >= Volatile.Read(ref _unknownAtMs))
        {
            Volatile.Write(ref _unknownAtMs, long.MaxValue);
            if (Client.Delivered == 0) Client.Post(Reply.UnknownExecution);
        }
        else if (_options.PingInterval > TimeSpan.Zero && Reason == CloseReason.None)
        {
            long interval = (long)_options.PingInterval.TotalMilliseconds;
            if (now - Volatile.Read(ref _lastSeenMs) >= 2 * interval)
            {
                Close(CloseReason.NoPong);
            }
            else if (now - _lastPingMs >= interval)
            {
                _lastPingMs = now;
                Client.Post(Frames.Ping);
            }
        }
    }

    /// <summary>False when the closing handshake is complete.</summary>
    private bool Take(Span<byte> input)
    {
        Volatile.Write(ref _lastSeenMs, NowMs);
        if (_garbled) return true;
        while (_reader.TryRead(ref input, out InboundFrame frame))
        {
            if (frame.Broken != CloseReason.None)
            {
                // The peer's close frame is still waited for, so that ours arrives: cutting a socket with unread input loses what was sent.
                Close(frame.Broken);
                if (frame.Broken == CloseReason.ProtocolError) _garbled = true;
                _reader.Skip();
                if (_garbled) return true;
                continue;
            }

            if (frame.Opcode == Opcode.Close)
            {
                AnswerClose(frame.Payload);
                return false;
            }

            // Once we have sent our close frame, only the peer's matters (RFC 6455 §5.5.1).
            if (Reason == CloseReason.None) Handle(frame);
        }

        _reader.Settle();
        return true;
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
                else Answer(frame.Payload);
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
        CloseReason broken = Inflate.TryMessage(compressed, _options.MaxMessageBytes, out byte[] message, out int length);
        ReadOnlySpan<byte> text = message.AsSpan(0, length);
        if (broken == CloseReason.None && !Utf8.IsValid(text)) broken = CloseReason.InvalidUtf8;
        if (broken != CloseReason.None) Close(broken);
        else Answer(text);
        ArrayPool<byte>.Shared.Return(message);
    }

    private void Answer(ReadOnlySpan<byte> text)
    {
        var reply = Reply.To(text, _greeting is not null, UnixMs);
        if (reply.Frame is { } frame) Client.Post(frame);
        else if (reply.IsCommand) (_sender ??= _commands.Open(_context, Client, _greeting is not null)).Take(text);
        else _ = ResumeAsync(reply.Since!);
    }

    /// <summary>Gives a client that is told the state the state anew: what it was given before is not true any more. Any thread.</summary>
    public void Renew()
    {
        if (_greeting is not null)
        {
            Client.Pause();
            _ = ResumeAsync("");
        }
        else if (Client.View.View.Kind.Dialect == Dialect.Execution)
        {
            Client.Pause();
            GoOn(_feed.Present(Client.View.View));
        }
    }

    /// <summary>The page of an execution that nothing is known of is told so after a while; that may be a mistake in its address.</summary>
    private void ExpectFirst(View view, Start start)
    {
        bool isUnknown = view.Kind.Dialect == Dialect.Execution && start.Snapshot is { Parts.Count: 0 } && _options.UnknownExecution > TimeSpan.Zero;
        Volatile.Write(ref _unknownAtMs, isUnknown ? NowMs + (long)_options.UnknownExecution.TotalMilliseconds : long.MaxValue);
    }

    private void GoOn(Start? start)
    {
        if (start is null)
        {
            Close(CloseReason.Overloaded);
            return;
        }

        ExpectFirst(Client.View.View, start);
        Client.Restart(start);
    }

    /// <summary>The client says, on a connection that stands, where it wants to go on; empty: nowhere.</summary>
    private Task ResumeAsync(string since) => GoOnAsync(() => _feed.WelcomeAsync(Client.View.View, since.Length == 0 ? null : since, _greeting!.Hello, CancellationToken.None));

    private async Task GoOnAsync(Func<Task<Start?>> find)
    {
        // Elsewhere: it may take a while, and this is in the middle of what was read, or of a pump's round.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            GoOn(await find());
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Nobody waits for this task. The client comes back, and either gets further or is seen to fail.
            Close(CloseReason.InternalError);
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
        if (_options.MaxMessagesPerSecond == 0) return true;
        long now = NowMs;
        if (now - _secondStartMs >= 1000)
        {
            _secondStartMs = now;
            _messagesInSecond = 0;
        }

        return ++_messagesInSecond <= _options.MaxMessagesPerSecond;
    }

    private void GiveUp(ClientFailure failure) => Close(failure switch
    {
        ClientFailure.Stalled => CloseReason.Stalled,
        ClientFailure.Flooded => CloseReason.Flooded,
        ClientFailure.Finished => CloseReason.Finished,
        _ => CloseReason.PeerGone,
    });

    // Not on the pump's thread: the state may have to be copied.
    private void Lag(Client client, Place place) => _ = GoOnAsync(() => _feed.BehindAsync(Client.View.View, place));

    private bool SetReason(CloseReason reason) => Interlocked.CompareExchange(ref _reason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None;
}
