namespace Cecelia.Relay.Tests.Harness;

/// <summary>The exception that .NET throws when memory or threads are exhausted.</summary>
internal static class Shortage
{
    // Reserved by the runtime, which these tests simulate.
#pragma warning disable CA2201
    public static OutOfMemoryException Of(string what) => new($"no {what}, for the test");
#pragma warning restore CA2201
}
