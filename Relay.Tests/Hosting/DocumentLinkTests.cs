using System.Text.RegularExpressions;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Links between the documents lead to files and headings that exist.</summary>
public sealed partial class DocumentLinkTests
{
    private const int ReadmeLines = 200;

    private static readonly string[] Skipped = ["node_modules", "bin", "obj", "artifacts", "dist"];

    public static TheoryData<string> Documents => [.. Paths()];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_resolve_to_existing_files_and_headings(string document)
    {
        string path = Path.Combine(Repository.Root, document);
        string text = WithoutCode(File.ReadAllText(path));

        List<string> broken = [];
        foreach (string target in Link().Matches(text).Select(match => match.Groups["target"].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal)) continue;
            string[] parts = target.Split('#', 2);
            string file = parts[0].Length == 0 ? path : Path.Combine(Path.GetDirectoryName(path)!, parts[0]);
            bool exists = File.Exists(file) || Directory.Exists(file);
            if (!exists || (parts.Length == 2 && !Anchors(file).Contains(parts[1]))) broken.Add(target);
        }

        Assert.Equal([], broken);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Cited_sections_of_the_protocol_exist(string document)
    {
        HashSet<string> headings = [.. Headings(Path.Combine(Repository.Root, "Relay", "PROTOCOL.md"))];
        string text = File.ReadAllText(Path.Combine(Repository.Root, document)).Replace('\n', ' ');

        IEnumerable<string> cited = Citation().Matches(text).SelectMany(match => match.Groups["section"].Captures.Select(section => section.Value));

        Assert.Equal([], cited.Where(section => !headings.Contains(section)));
    }

    [Fact]
    public void Documents_are_found()
    {
        Assert.Contains("README.md", Paths());
        Assert.Contains(Path.Combine("deploy", "CONFIGURATION.md"), Paths());
    }

    [Fact]
    public void Readme_is_short() => Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, "README.md")).Count(), 1, ReadmeLines);

    /// <summary>Every document of the project, relative to its root.</summary>
    private static IEnumerable<string> Paths() =>
        Find(Repository.Root).Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Find(string folder) => Directory.EnumerateFiles(folder, "*.md").Concat(
        Directory.EnumerateDirectories(folder)
            .Where(inner => Path.GetFileName(inner) is var name && !name.StartsWith('.') && !Skipped.Contains(name))
            .SelectMany(Find));

    private static IEnumerable<string> Headings(string file) =>
        WithoutCode(File.ReadAllText(file)).Split('\n').Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#').Trim());

    /// <summary>The anchors that GitHub gives to the headings of a document, for example <c>open-files</c> for "Open files".</summary>
    private static HashSet<string> Anchors(string file) =>
        [.. Headings(file).Select(heading => NotInAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string WithoutCode(string text) => Fence().Replace(text, "");

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"PROTOCOL\.md(?:\]\([^)]*\))?, \*(?<section>[A-Z][^*]*)\*(?:(?:, | and )\*(?<section>[A-Z][^*]*)\*)*")]
    private static partial Regex Citation();

    [GeneratedRegex(@"[^\w -]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
