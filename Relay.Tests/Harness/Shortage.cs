namespace Cecelia.Relay.Tests.Harness;

/// <summary>What .NET throws where memory or threads are used up.</summary>
internal static class Shortage
{
    // Reserved by the runtime, which is what these tests stand in for.
#pragma warning disable CA2201
    public static OutOfMemoryException Of(string what) => new($"no {what}, for the test");
#pragma warning restore CA2201
}
