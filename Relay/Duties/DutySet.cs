namespace Cecelia.Relay.Duties;

/// <summary>All duties of this process. Immutable and thread-safe.</summary>
internal sealed class DutySet(IReadOnlyList<Duty> duties)
{
    /// <summary>The duties in the order in which they are started. They are stopped in reverse order.</summary>
    public IReadOnlyList<Duty> All { get; } = duties;

    /// <summary>Returns the duty of that name, or null if this relay does not have it, as without PostgreSQL.</summary>
    public Duty? Find(DutyName name) => All.FirstOrDefault(duty => duty.Name == name);
}
