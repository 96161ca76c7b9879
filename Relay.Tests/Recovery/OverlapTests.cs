using System.Text;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Recovery;
using CsCheck;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// The overlap of waiting messages and a journal that was taken over: no message may be processed twice, and a mere resemblance must not count as the same
/// stream.
/// </summary>
public sealed class OverlapTests
{
    [Theory]
    [InlineData("abc", "", 0)]
    [InlineData("", "abc", 0)]
    [InlineData("abc", "def", 0)]
    [InlineData("abc", "bc", 2)]
    [InlineData("abc", "cde", 1)]
    [InlineData("abc", "abc", 3)]
    [InlineData("abc", "xabc", 0)]
    [InlineData("abcab", "abd", 2)]
    [InlineData("aaaa", "aab", 2)]
    [InlineData("baaa", "aaaa", 3)]
    [InlineData("abcabcab", "cabx", 3)]
    public void Longest_match_at_the_end_of_the_journal_is_found_and_few_messages_are_never_certain(string journal, string waiting, int count) =>
        Assert.Equal(new Overlap(count, IsCertain: false), Find(journal.Select(c => c.ToString()), waiting.Select(c => c.ToString())));

    [Fact]
    public void Many_distinct_messages_are_certain()
    {
        string[] stream = [.. Enumerable.Range(0, 100).Select(i => $"event {i}")];
        Assert.Equal(new Overlap(31, false), Find(stream[..60], stream[29..]));
        Assert.Equal(new Overlap(32, true), Find(stream[..60], stream[28..]));
        Assert.Equal(new Overlap(60, true), Find(stream, stream[40..]));
        Assert.Equal(new Overlap(100, true), Find(stream, stream));
    }

    [Fact]
    public void Many_repeated_messages_are_not_certain()
    {
        string[] stream = [.. Enumerable.Range(0, 200).Select(i => $"event {i % 40}")];
        Assert.Equal(new Overlap(80, false), Find(stream, stream[120..]));
        Assert.Equal(new Overlap(200, false), Find(stream, stream));
        Assert.Equal(new Overlap(50, false), Find(Enumerable.Repeat("x", 1000), Enumerable.Repeat("x", 50)));
    }

    [Fact]
    public void Random_messages_with_few_distinct_contents_match_an_exhaustive_search()
    {
        Gen<string[]> some = Gen.OneOf("a", "b").Array[0, 11];
        Gen.Select(some, some).Sample(
            (journal, waiting) =>
            {
                int longest = Enumerable.Range(0, Math.Min(journal.Length, waiting.Length) + 1).Last(
                    count => journal.TakeLast(count).SequenceEqual(waiting.Take(count)));
                Assert.Equal(longest, Find(journal, waiting).Count);
            },
            iter: TestLength.Times(2000));
    }

    [Fact]
    public async Task Long_repetition_takes_linear_time()
    {
        string[] journal = [.. Enumerable.Repeat("x", 65_000), "y"];
        // Comparing all positions would be two thousand million comparisons.
        Assert.Equal(default, await Task.Run(() => Find(journal, Enumerable.Repeat("x", 65_000))).Within());
    }

    private static Overlap Find(IEnumerable<string> journal, IEnumerable<string> waiting)
    {
        using var payloads = new MemoryStream();
        var entries = new List<TailEntry>();
        foreach (byte[] payload in journal.Select(Encoding.UTF8.GetBytes))
        {
            payloads.Write(payload);
            entries.Add(new TailEntry(default, EntryKind.Event, payload.Length));
            // Relay messages of another instance are between the events and are not events.
            entries.Add(new TailEntry(default, EntryKind.Gap, 0));
        }

        return Overlap.Find(new JournalTail([], [.. entries], payloads.ToArray()), waiting.Select(Encoding.UTF8.GetBytes));
    }
}
