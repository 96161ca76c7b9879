namespace Cecelia.Relay.Duties;

/// <summary>All duties of this process. Immutable; any thread.</summary>
internal sealed class DutySet(IReadOnlyList<Duty> duties)
{
    /// <summary>In the order in which they start; they stop in the opposite order.</summary>
    public IReadOnlyList<Duty> All { get; } = duties;

    /// <summary>The duty of that name; null where this relay has none, as without PostgreSQL.</summary>
    public Duty? Find(DutyName name) => All.FirstOrDefault(duty => duty.Name == name);
}
