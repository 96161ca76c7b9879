using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Compare;

/// <summary>The results of one round of a case.</summary>
/// <param name="Relay">The relay after the warm-up.</param>
/// <param name="Cold">The first seconds of the same process; null if they are not measured.</param>
/// <param name="Other">What it is compared with, in the same round; null if there is nothing.</param>
internal sealed record CompareSample(LoadResult Relay, LoadResult? Cold, LoadResult? Other);
