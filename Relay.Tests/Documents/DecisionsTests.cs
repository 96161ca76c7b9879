using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Documents;

/// <summary>Relay/DECISIONS.md: the index lists every record, in order and with its title, date and status.</summary>
public sealed partial class DecisionsTests
{
    [Fact]
    public void Index_lists_every_record()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "Relay", "DECISIONS.md"));

        string[] records = [.. Record().Matches(text).Select(Entry)];
        string[] listed = [.. Row().Matches(text).Select(Entry)];

        Assert.True(records.Length > 100);
        Assert.Equal(records, listed);
        Assert.Equal(Enumerable.Range(1, records.Length), records.Select(entry => int.Parse(entry.Split(". ")[0], provider: null)));
    }

    private static string Entry(Match match) =>
        $"{match.Groups["number"].Value}. {match.Groups["title"].Value}, {match.Groups["date"].Value}, {match.Groups["status"].Value.ToLowerInvariant()}";

    [GeneratedRegex(@"^## (?<number>\d+)\. (?<title>.+)\n\nDate: (?<date>\S+)\. Status: (?<status>\w+)", RegexOptions.Multiline)]
    private static partial Regex Record();

    [GeneratedRegex(@"^\| (?<number>\d+) \| \[(?<title>.+)\]\(#\S+\) \| (?<date>\S+) \| (?<status>\w+)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
