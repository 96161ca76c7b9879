using System.Globalization;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>Measures cases in rounds. In each round, each case puts a new relay process under load, and then the floor.</summary>
/// <param name="relayPath">The relay's executable, or Relay.dll.</param>
/// <param name="duration">Duration of each measurement after a warm-up.</param>
/// <param name="progress">Shows what is being measured.</param>
internal sealed class CompareRun(string relayPath, TimeSpan duration, ProgressLine progress) : IDisposable
{
    private const string RelayChannel = "cecelia:events";
    private static readonly TimeSpan ColdDuration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private ServerProcess? _redis;
    private readonly Dictionary<Opponent, ServerProcess> _floors = [];

    /// <summary>Measures one round of a case.</summary>
    /// <param name="one">The case.</param>
    /// <param name="earlier">The results of this round so far, by the name of the case.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <exception cref="BenchException">The measurement is not possible, or an event was not delivered as it should be.</exception>
    public async Task<CompareSample> MeasureAsync(
        CompareCase one, IReadOnlyDictionary<string, CompareSample> earlier, CancellationToken cancellationToken)
    {
        _redis ??= await ServerProcess.StartRedisAsync(cancellationToken);
        LoadResult? cold = null;
        LoadResult relay;
        using (ServerProcess process = await ServerProcess.StartRelayAsync(
            new RelayStart(relayPath, _redis.Port) { IsUnix = one.Load.IsUnix, IsKestrel = one.Load.IsKestrel }, cancellationToken))
        {
            if (one.HasCold) cold = await LoadAsync(one, process, RelayChannel, TimeSpan.Zero, ColdDuration, cancellationToken);
            relay = await LoadAsync(one, process, RelayChannel, WarmUp, duration, cancellationToken);
        }

        LoadResult? other = one.Opponent switch
        {
            Opponent.None => null,
            Opponent.Case => earlier.GetValueOrDefault(one.Other!)?.Relay,
            Opponent.Floor or Opponent.BatchedFloor => await LoadFloorAsync(one, cancellationToken),
            _ => throw new InvalidOperationException($"{one.Opponent} is unknown."),
        };
        return new CompareSample(relay, cold, other);
    }

    /// <summary>Returns the memory of one idle connection in bytes.</summary>
    /// <exception cref="BenchException">The measurement is not possible.</exception>
    public async Task<double> MeasureAsync(IdleKind kind, CancellationToken cancellationToken)
    {
        // A Redis of its own: the state that the cases have left would be sent to each event stream, which does not read it.
        using ServerProcess redis = await ServerProcess.StartRedisAsync(cancellationToken);
        return await new IdleRun(relayPath, redis.Port, progress).MeasureAsync(kind, cancellationToken);
    }

    public void Dispose()
    {
        foreach (ServerProcess floor in _floors.Values) floor.Dispose();
        _redis?.Dispose();
    }

    private async Task<LoadResult> LoadFloorAsync(CompareCase one, CancellationToken cancellationToken)
    {
        // A channel of its own: while the relay is measured, the floor must not be busy.
        string channel = $"floor:{one.Opponent}";
        if (!_floors.TryGetValue(one.Opponent, out ServerProcess? floor))
        {
            floor = await ServerProcess.StartFloorAsync(one.Opponent == Opponent.BatchedFloor, channel, _redis!.Port, cancellationToken);
            _floors.Add(one.Opponent, floor);
        }

        return await LoadAsync(one, floor, channel, WarmUp, duration, cancellationToken);
    }

    private async Task<LoadResult> LoadAsync(
        CompareCase one, ServerProcess server, string channel, TimeSpan warmUp, TimeSpan time, CancellationToken cancellationToken)
    {
        string url = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{_redis!.Port}");
        if (!RedisUrl.TryParse(url, out RedisUrl? redis, out string? reason)) throw new BenchException(reason);
        var plan = new LoadPlan
        {
            Relay = new Uri(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{server.Port}/ws")),
            SocketPath = server.SocketPath,
            Redis = redis,
            Channel = channel,
            Clients = one.Load.Clients,
            Window = one.Load.Window,
            Rate = one.Load.Rate,
            Tasks = one.Load.Tasks,
            Duration = time,
            WarmUp = warmUp,
            ProcessId = server.Id,
        };
        LoadResult result = await new LoadRun(plan, progress).RunAsync(cancellationToken);
        if (result.IsGood) return result;
        using var report = new StringWriter(CultureInfo.InvariantCulture);
        LoadReport.Write(plan, result, report);
        throw new BenchException($"{one.Name}: not every event was delivered once and in order.\n{report}");
    }
}
