using System.Buffers;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Ingest;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Ingest;

public class RefusedLogTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_770_366_600_000);

    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public void Log_refusal_is_counted_kept_and_written()
    {
        RefusedLog log = Log(200);

        log.Add(RefusalReason.NotJson, "not one well-formed JSON document", "cecelia:events:任务"u8, "he said \"no\""u8);

        JsonElement root = Json(log);
        JsonElement kept = Assert.Single(root.GetProperty("kept").EnumerateArray());
        Assert.Equal(["time", "reason", "detail", "channel", "bytes", "excerpt"], kept.EnumerateObject().Select(p => p.Name));
        Assert.Equal("2026-02-06T08:30:00.000Z", kept.GetProperty("time").GetString());
        Assert.Equal("not_json", kept.GetProperty("reason").GetString());
        Assert.Equal("not one well-formed JSON document", kept.GetProperty("detail").GetString());
        Assert.Equal("cecelia:events:任务", kept.GetProperty("channel").GetString());
        Assert.Equal(12, kept.GetProperty("bytes").GetInt32());
        Assert.Equal("he said \"no\"", kept.GetProperty("excerpt").GetString());
        Assert.Equal(1, root.GetProperty("counts").GetProperty("not_json").GetInt64());
        Assert.Equal(0, root.GetProperty("counts").GetProperty("too_deep").GetInt64());
        // All except none, and duplicates, which are counted separately.
        Assert.Equal(RefusalReasons.Count - 2, root.GetProperty("counts").EnumerateObject().Count());
    }

    [Fact]
    public void Log_beyond_its_bound_keeps_the_newest_first_and_counts_all()
    {
        RefusedLog log = Log(3);
        for (int i = 1; i <= 5; i++)
        {
            _time.SetUtcNow(Start.AddSeconds(i));
            log.Add(i % 2 == 0 ? RefusalReason.NoEvent : RefusalReason.BadData, "d", "c"u8, Encoding.UTF8.GetBytes($"p{i}"));
        }

        Assert.Equal(["p5", "p4", "p3"], log.Latest().Select(r => Encoding.UTF8.GetString(r.Excerpt)));
        Assert.Equal("2026-02-06T08:30:05.000Z", Json(log).GetProperty("kept")[0].GetProperty("time").GetString());
        Assert.Equal(3, log.Count(RefusalReason.BadData));
        Assert.Equal(2, log.Count(RefusalReason.NoEvent));
        Assert.Equal(0, log.Count(RefusalReason.Empty));
    }

    [Fact]
    public void Log_with_a_bound_of_zero_counts_and_keeps_none()
    {
        RefusedLog log = Log(0);

        log.Add(RefusalReason.Empty, "d", "c"u8, ""u8);

        Assert.Empty(log.Latest());
        Assert.Equal(1, log.Count(RefusalReason.Empty));
        Assert.Equal(0, Json(log).GetProperty("kept").GetArrayLength());
    }

    [Theory]
    [InlineData("x", 512, 512)]
    [InlineData("é", 511, 511)]
    [InlineData("é", 510, 512)]
    [InlineData("任", 510, 510)]
    [InlineData("任", 511, 511)]
    [InlineData("任", 509, 512)]
    [InlineData("🚀", 509, 509)]
    [InlineData("🚀", 510, 510)]
    [InlineData("🚀", 511, 511)]
    [InlineData("🚀", 508, 512)]
    [InlineData("🚀", 512, 512)]
    public void Log_excerpt_is_truncated_between_characters(string character, int before, int expectedBytes)
    {
        RefusedLog log = Log(1);

        log.Add(RefusalReason.BadName, "d", "c"u8, Encoding.UTF8.GetBytes(new string('a', before) + character + "zzzzz"));

        Assert.Equal(expectedBytes, log.Latest()[0].Excerpt.Length);
        Assert.DoesNotContain('\uFFFD', Json(log).GetProperty("kept")[0].GetProperty("excerpt").GetString()!);
    }

    [Fact]
    public void Log_arbitrary_bytes_are_written_as_valid_json()
    {
        var random = new Random(5221);
        RefusedLog log = Log(50);
        var bytes = new byte[2000];
        for (int i = 0; i < 50; i++)
        {
            random.NextBytes(bytes);
            log.Add(RefusalReason.InvalidUtf8, "d", bytes.AsSpan(0, random.Next(1000)), bytes.AsSpan(0, random.Next(2000)));
        }

        log.Add(RefusalReason.InvalidUtf8, "d", [0xFF], [.. Enumerable.Repeat((byte)0x80, 600)]);

        JsonElement newest = Json(log).GetProperty("kept")[0];
        Assert.Equal("\uFFFD", newest.GetProperty("channel").GetString());
        Assert.Equal(512, newest.GetProperty("excerpt").GetString()!.Length);
        Assert.Equal(600, newest.GetProperty("bytes").GetInt32());
        Assert.All(log.Latest(), r => Assert.True(r.Channel.Length <= RefusedLog.ChannelBytes && r.Excerpt.Length <= RefusedLog.ExcerptBytes));
    }

    [Fact]
    public async Task Log_used_by_many_threads_counts_all()
    {
        RefusedLog log = Log(7);
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                log.Add(RefusalReason.TooDeep, "d", "c"u8, "p"u8);
                if (i % 500 == 0) Json(log);
            }
        }))];

        await Task.WhenAll(writers).Within();

        Assert.Equal(8_000, log.Count(RefusalReason.TooDeep));
        Assert.Equal(7, log.Latest().Length);
    }

    private RefusedLog Log(int kept) => new(new IngestOptions { RefusedKept = kept }, _time);

    private static JsonElement Json(RefusedLog log)
    {
        var destination = new ArrayBufferWriter<byte>();
        log.WriteJson(destination);
        return JsonElement.Parse(destination.WrittenSpan);
    }
}
