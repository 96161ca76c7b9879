using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>Counts and logs the life-cycle of connections. Thread-safe.</summary>
internal sealed partial class ConnectionTelemetry(RelayMetrics metrics, TimeProvider time, ILogger<ConnectionTelemetry> logger)
{
    private readonly FaultLog _faults = new(time);

    public void Refused(RequestRefusal refusal, Transport transport)
    {
        metrics.ConnectionRefused(refusal.Reason, transport.ToWireName());
        LogRefused(logger, refusal.Reason);
    }

    public void Opened(Connection connection)
    {
        metrics.ConnectionOpened(connection.Transport.ToWireName());
        LogOpened(logger);
    }

    public void Closed(Connection connection)
    {
        metrics.ConnectionClosed(connection.ClosedWith, connection.Transport.ToWireName());
        LogClosed(logger, connection.ClosedWith, connection.Reason, connection.Age.TotalSeconds, connection.Client.Delivered, connection.Client.Missed);
    }

    /// <summary>Logs an unexpected fault at a limited rate.</summary>
    public void Faulted(Exception fault)
    {
        if (_faults.MayLog(fault, out long suppressed)) LogFault(logger, fault, suppressed);
    }
}
