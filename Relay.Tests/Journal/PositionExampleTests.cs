using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Journal;

/// <summary>PROTOCOL.md, <i>Positions</i>: the hashes and lookups of the worked examples match the code.</summary>
public sealed partial class PositionExampleTests
{
    private const long StartMs = 1_795_942_000_000;

    private static string Text { get; } = Spaces().Replace(File.ReadAllText(Path.Combine(Repository.Root, "Relay", "PROTOCOL.md")), " ");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(32)]
    [InlineData(33)]
    public void Hash_of_a_payload_matches_the_document(int n) =>
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"h({Payload(n)}) = {Hash(n):x16}\n"), Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    public void Hash_of_a_window_matches_the_document(int last)
    {
        var window = new MessageWindow();
        for (int n = 1; n <= last; n++) window.Add(Hash(n));

        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $"after n = {last}: sum = [0-9a-f]{{16}}, hash = {window.Value:x16}\n"), Text);
    }

    [Theory]
    [InlineData("b", 45_000, nameof(PositionLookup.Found), "b", 0)]
    [InlineData("b", 44_700, nameof(PositionLookup.Found), "b", 0)]
    [InlineData("b", 110_000, nameof(PositionLookup.Unknown), "b", 0)]
    [InlineData("b", 1_500, nameof(PositionLookup.Unknown), "b", 0)]
    [InlineData("a", 10_000, nameof(PositionLookup.Found), "a", 0)]
    [InlineData("a", 41_000, nameof(PositionLookup.Found), "a", 1)]
    [InlineData("a", 25_000, nameof(PositionLookup.Ambiguous), "a", 0)]
    [InlineData("c", 45_000, nameof(PositionLookup.Unknown), "b", 0)]
    public void Lookup_matches_the_document(string hash, long atMs, string result, string entry, int repetition)
    {
        var journal = new EventJournal(new JournalOptions(), StartMs);
        var numbers = new Dictionary<string, List<long>> { ["a"] = [], ["b"] = [] };
        // Two runs of one script of 40 events, followed by others.
        foreach (long scriptMs in (long[])[10_000, 40_000]) numbers["a"].Add(Publish(journal, "script", scriptMs));
        numbers["b"].Add(Publish(journal, "other", 45_000));
        ulong HashOf(string name) => numbers.TryGetValue(name, out List<long>? of) ? journal.At(of[0]).Position.Hash : 1;

        PositionLookup found = journal.Find(new StreamPosition(HashOf(hash), StartMs + atMs), out long number);

        Assert.Equal(result, found.ToString());
        Assert.Equal(found == PositionLookup.Found ? numbers[entry][repetition] : -1, number);
    }

    private static long Publish(EventJournal journal, string name, long atMs)
    {
        long last = -1;
        for (int n = 1; n <= 40; n++)
        {
            last = journal.Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {n}")), StartMs + atMs);
        }

        return last;
    }

    private static ulong Hash(int n) => MessageHash.Of(Encoding.UTF8.GetBytes(Payload(n)));

    private static string Payload(int n) =>
        """{"event":"tick","data":{"n":@}}""".Replace("@", n.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
