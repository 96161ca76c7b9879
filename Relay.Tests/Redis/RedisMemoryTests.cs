using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A Redis at its memory limit is detected from its INFO reply.</summary>
public sealed class RedisMemoryTests
{
    [Theory]
    [InlineData("# Memory\r\nused_memory:990\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n", true)]
    [InlineData("used_memory:2000\r\nmaxmemory:1000\r\n", true)]
    [InlineData("used_memory:500\r\nmaxmemory:1000\r\n", false)]
    [InlineData("used_memory:500\r\nmaxmemory:0\r\n", false)]
    [InlineData("maxmemory:1000\r\n", false)]
    [InlineData("used_memory:x\r\nmaxmemory:99999999999999999999\r\n", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Reached_limit_is_detected(string? info, bool isFull) => Assert.Equal(isFull, RedisMemory.FindFault(info) is not null);
}
