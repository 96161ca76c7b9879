using System.Text.Json;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>One event as published on Redis.</summary>
internal sealed record PublishedRun(string Event, string Run, string? Status, string Source, long Seq, JsonElement Data)
{
    public override string ToString() => $"{Event} {Run} {Status}";
}

/// <summary>All events published on Redis, in order and with duplicates, which a relay would drop.</summary>
internal sealed class PublishedRuns : IAsyncDisposable
{
    private readonly LinkHarness _link;
    private readonly List<PublishedRun> _all = [];

    private PublishedRuns(RedisUrl redis) => _link = new LinkHarness(redis);

    /// <summary>All events so far.</summary>
    public IReadOnlyList<PublishedRun> All
    {
        get
        {
            foreach (string message in _link.TakeAll())
            {
                JsonElement root = JsonDocument.Parse(message[(message.IndexOf(' ', StringComparison.Ordinal) + 1)..]).RootElement;
                JsonElement data = root.GetProperty("data");
                _all.Add(new PublishedRun(
                    root.GetProperty("event").GetString()!,
                    data.GetProperty("runId").GetString()!,
                    data.TryGetProperty("status", out JsonElement status) ? status.GetString() : null,
                    root.GetProperty("source").GetString()!,
                    root.GetProperty("seq").GetInt64(),
                    data));
            }

            return _all;
        }
    }

    public static async Task<PublishedRuns> SubscribeAsync(RedisUrl redis)
    {
        var published = new PublishedRuns(redis);
        await published.WaitUntilSubscribedAsync();
        return published;
    }

    public Task WaitUntilSubscribedAsync() => _link.WaitUntilSubscribedAsync();

    /// <summary>Waits for exactly <paramref name="count"/> events in total.</summary>
    public async Task<IReadOnlyList<PublishedRun>> WaitForAsync(int count, Func<string>? describe = null)
    {
        await Eventually.TrueAsync(
            () => All.Count >= count,
            TestTimeouts.Default,
            () => $"{_all.Count} of {count}: {string.Join(", ", _all.TakeLast(20))}\n{describe?.Invoke()}");
        Assert.True(_all.Count == count, $"{_all.Count} instead of {count}: {string.Join(", ", _all.TakeLast(20))}");
        return _all;
    }

    public ValueTask DisposeAsync() => _link.DisposeAsync();
}
