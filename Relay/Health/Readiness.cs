using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Postgres;

namespace Cecelia.Relay.Health;

/// <summary>Checks whether this instance is ready for new clients.</summary>
internal sealed class Readiness(
    EventChecks events,
    Drain drain,
    DutySet duties,
    AcceptedSockets sockets,
    SecurityChecks security,
    TimeProvider time,
    RunsBridge? runs = null)
{
    /// <summary>Returns the current result of all checks.</summary>
    public IReadOnlyList<Check> Look()
    {
        DateTimeOffset now = time.GetUtcNow();
        List<Check> checks = events.Look();

        if (runs is { Status: { } bridge })
        {
            // A warning: the relay still works without PostgreSQL.
            checks.Add(
                new Check(
                    "postgres",
                    bridge.State == RunsBridgeState.Failing || bridge.Warnings > 0 ? CheckStatus.Warn : CheckStatus.Ok,
                    Math.Round((now - bridge.Since).TotalSeconds, 3),
                    bridge.Reason));
        }

        checks.AddRange(security.Look());
        foreach (Duty duty in duties.All)
        {
            if (duty.Status is { State: DutyState.Failed or DutyState.Restarted } status) checks.Add(CheckDuty(duty, status, now));
        }

        // A warning: connected clients are still served, and waiting peers are accepted as soon as possible.
        if (sockets.Paused)
        {
            checks.Add(new Check("sockets", CheckStatus.Warn, null, "accepting is paused: the socket limit is reached, or file descriptors are exhausted"));
        }

        checks.Add(
            drain.HasBegun ? new Check("drain", CheckStatus.Fail, null, "shutting down") : new Check("drain", CheckStatus.Ok, null, "not shutting down"));
        return checks;
    }

    /// <summary>Returns the check of a duty that failed recently: a failure if the duty is required and not running, otherwise a warning.</summary>
    private static Check CheckDuty(Duty duty, DutyStatus status, DateTimeOffset now)
    {
        bool isDown = status.State == DutyState.Failed;
        return new Check(
            "duty " + duty.Name.ToWireName(),
            isDown && duty.Name.IsRequired() ? CheckStatus.Fail : CheckStatus.Warn,
            Math.Round((now - status.Since).TotalSeconds, 3),
            $"{(isDown ? "failed, restarting shortly" : "restarted after a failure")}: {status.Cause}");
    }
}

/// <summary>The result of one check: its status, the age of the status in seconds, and the reason.</summary>
internal sealed record Check(string Name, CheckStatus Status, double? AgeSeconds, string Reason);

/// <summary>The status of a check. The instance is not ready if any check has <see cref="Fail"/>.</summary>
internal enum CheckStatus
{
    Ok,
    Warn,
    Fail,
}
