namespace Cecelia.Relay.Cli;

/// <summary>Full jitter: each wait is anything between nothing and a ceiling that doubles, so that many clients do not come back at once.</summary>
/// <param name="chance">Between 0 and 1, anew each time.</param>
internal sealed class Backoff(Func<double> chance)
{
    public static readonly TimeSpan Base = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Cap = TimeSpan.FromSeconds(15);

    private int _attempts;

    public TimeSpan Next()
    {
        double ceiling = Math.Min(Cap.TotalSeconds, Base.TotalSeconds * Math.Pow(2, Math.Min(_attempts++, 30)));
        return TimeSpan.FromSeconds(ceiling * chance());
    }

    public void Reset() => _attempts = 0;
}
