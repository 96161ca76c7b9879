namespace Cecelia.Relay.Fanout;

/// <summary>
/// The minutes as one JSON object. Its bytes count against the budget of the snapshots until it is disposed, since slow readers may hold it. Not thread-safe.
/// </summary>
internal sealed class MinutesPage : IDisposable
{
    private readonly SnapshotBudget _budget;
    private long _bytes;

    public MinutesPage(SnapshotBudget budget, ReadOnlyMemory<byte> body)
    {
        _budget = budget;
        Body = body;
        _bytes = body.Length;
        budget.Add(_bytes);
    }

    public ReadOnlyMemory<byte> Body { get; }

    public void Dispose()
    {
        _budget.Add(-_bytes);
        _bytes = 0;
    }
}
