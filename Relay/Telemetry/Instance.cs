using System.Security.Cryptography;

namespace Cecelia.Relay.Telemetry;

/// <summary>The identity of this process among the instances on the same Redis.</summary>
internal sealed class Instance
{
    /// <summary>Twelve hexadecimal digits, new at each start.</summary>
    public string Name { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
}
