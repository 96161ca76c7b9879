using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The one thread through which every event passes, which is what gives all clients the same order: takes from the queue, decodes, refuses or
/// hands to the feed. Nothing that a publisher sends can end it.
/// </summary>
internal sealed partial class Ingestor : IHostedService, IDisposable
{
    /// <summary>The pumps are told after so many events at the latest, so that a long queue does not hold back its first.</summary>
    private const int EventsPerMark = 64;

    private static readonly TimeSpan TidyInterval = TimeSpan.FromSeconds(1);

    private readonly IngestQueue _queue;
    private readonly EventDecoder _decoder;
    private readonly RefusedLog _refused;
    private readonly Feed _feed;
    private readonly ILogger<Ingestor> _logger;
    private readonly RefusalLogRate _logRate;
    private readonly Thread _thread;
    private readonly DecodedEvent _event = new();
    private long _accepted;
    private long _ignoredFields;
    private long _droppedLogged;
    private volatile bool _stopping;

    public Ingestor(IngestQueue queue, EventLimits limits, RefusedLog refused, Feed feed, TimeProvider time, ILogger<Ingestor> logger)
    {
        _queue = queue;
        _decoder = new EventDecoder(limits);
        _refused = refused;
        _feed = feed;
        _logger = logger;
        _logRate = new RefusalLogRate(time);
        _thread = new Thread(Run) { IsBackground = true, Name = "ingest" };
    }

    /// <summary>Events accepted since the start. Any thread.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Unknown fields of accepted envelopes, which no client gets. Any thread.</summary>
    public long IgnoredFields => Volatile.Read(ref _ignoredFields);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _stopping = true;
        _queue.Wake();
        if (_thread.IsAlive) _thread.Join();
    }

    private void Run()
    {
        while (!_stopping)
        {
            _queue.Wait(TidyInterval);
            int unmarked = 0;
            while (!_stopping && _queue.TryTake(out IngestItem item))
            {
                Take(item);
                if (++unmarked % EventsPerMark == 0) _feed.Mark();
            }

            _feed.Mark();
            _feed.Tidy();
            ReportDropped();
        }
    }

    private void Take(IngestItem item)
    {
        try
        {
            if (item.Action is { } action)
            {
                action();
                return;
            }

            RefusalReason reason = _decoder.Decode(item.Payload, _event);
            if (reason == RefusalReason.None) Accept();
            else Refuse(item, reason);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A bug on one event must not cost the events behind it.
            LogFault(_logger, fault);
        }
    }

    private void Accept()
    {
        _feed.Accept(_event);
        Volatile.Write(ref _accepted, _accepted + 1);
        if (_event.IgnoredFields > 0) Volatile.Write(ref _ignoredFields, _ignoredFields + _event.IgnoredFields);
    }

    private void Refuse(IngestItem item, RefusalReason reason)
    {
        _refused.Add(reason, _event.RefusalDetail, item.Channel, item.Payload);
        if (_logRate.Allows(out long suppressed)) LogRefused(_logger, RefusalReasons.Word(reason), _event.RefusalDetail, item.Payload.Length, suppressed);
    }

    private void ReportDropped()
    {
        long dropped = _queue.Dropped;
        if (dropped == _droppedLogged || !_logRate.Allows(out _)) return;
        LogDropped(_logger, dropped - _droppedLogged);
        _droppedLogged = dropped;
    }
}
