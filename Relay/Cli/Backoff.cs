namespace Cecelia.Relay.Cli;

/// <summary>
/// Reconnect delays with full jitter: each is random between zero and a ceiling that doubles, so that many clients do not reconnect at once.
/// </summary>
/// <param name="random">Returns a new random number from 0 to 1 on each call.</param>
internal sealed class Backoff(Func<double> random)
{
    public static readonly TimeSpan Base = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(15);

    private int _attempts;

    public TimeSpan Next()
    {
        double ceiling = Math.Min(Cap.TotalSeconds, Base.TotalSeconds * Math.Pow(2, Math.Min(_attempts++, 30)));
        return TimeSpan.FromSeconds(ceiling * random());
    }

    public void Reset() => _attempts = 0;
}
