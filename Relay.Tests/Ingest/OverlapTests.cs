using System.Text;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using CsCheck;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>What waits, and what was taken over: nothing may pass twice, and what only looks like one stream must not count as one.</summary>
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
    public void Most_of_the_waiting_messages_that_fit_the_end_of_the_journal_are_found_but_never_certain_when_few(string journal, string waiting, int count) =>
        Assert.Equal(new Overlap(count, IsCertain: false), Find(journal.Select(c => c.ToString()), waiting.Select(c => c.ToString())));

    [Fact]
    public void Many_different_ones_are_certain()
    {
        string[] stream = [.. Enumerable.Range(0, 100).Select(i => $"event {i}")];
        Assert.Equal(new Overlap(31, false), Find(stream[..60], stream[29..]));
        Assert.Equal(new Overlap(32, true), Find(stream[..60], stream[28..]));
        Assert.Equal(new Overlap(60, true), Find(stream, stream[40..]));
        Assert.Equal(new Overlap(100, true), Find(stream, stream));
    }

    [Fact]
    public void Many_that_repeat_may_be_fewer_and_are_not_certain()
    {
        string[] stream = [.. Enumerable.Range(0, 200).Select(i => $"event {i % 40}")];
        Assert.Equal(new Overlap(80, false), Find(stream, stream[120..]));
        Assert.Equal(new Overlap(200, false), Find(stream, stream));
        Assert.Equal(new Overlap(50, false), Find(Enumerable.Repeat("x", 1000), Enumerable.Repeat("x", 50)));
    }

    [Fact]
    public void Random_ones_with_few_different_contents_are_found_as_by_trying_all()
    {
        Gen<string[]> some = Gen.OneOf("a", "b").Array[0, 11];
        Gen.Select(some, some).Sample(
            (journal, waiting) =>
            {
                int longest = Enumerable.Range(0, Math.Min(journal.Length, waiting.Length) + 1).Last(count => journal.TakeLast(count).SequenceEqual(waiting.Take(count)));
                Assert.Equal(longest, Find(journal, waiting).Count);
            },
            iter: TestLength.Times(2000));
    }

    [Fact]
    public async Task Long_repetition_takes_no_longer_than_its_length()
    {
        string[] journal = [.. Enumerable.Repeat("x", 65_000), "y"];
        // Trying all would be two thousand million comparisons.
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
            // What another instance says of itself stands between events and is none.
            entries.Add(new TailEntry(default, EntryKind.Gap, 0));
        }

        return Overlap.Find(new JournalTail([], [.. entries], payloads.ToArray()), waiting.Select(Encoding.UTF8.GetBytes));
    }
}
