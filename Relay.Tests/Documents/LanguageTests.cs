using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Documents;

/// <summary>
/// The language and the layout of the sources: comments, texts, test names and Markdown use the terms of the field, and lines are short enough to review.
/// A word is on the list only if the project never needs it. Generated files are not checked.
/// </summary>
public sealed partial class LanguageTests
{
    private const int MaxLineLength = 159;
    private const int MaxLines = 400;
    private const int MaxReported = 200;

    private static readonly string[] SkippedFolders = ["node_modules", "bin", "obj", "artifacts", "dist", "coverage", "TestResults", "test-results"];

    /// <summary>Kinds of files in which only the comments and the literals are text. In the others all lines are.</summary>
    private static readonly string[] CodeKinds = [".cs", ".ts", ".tsx", ".js"];

    private static readonly string[] Kinds =
    [
        .. CodeKinds, ".css", ".sh", ".awk", ".md", ".csproj", ".props", ".targets", ".yaml", ".yml", ".cfg", ".conf", ".service", ".sql", ".html",
    ];

    /// <summary>Files that a tool writes.</summary>
    private static readonly string[] Generated = ["frontend/src/types/messages.ts"];

    /// <summary>This file, which contains the words.</summary>
    private static readonly string[] WithTheList = ["Relay.Tests/Documents/LanguageTests.cs"];

    /// <summary>Patterns, ignoring case, and what to write instead.</summary>
    private static readonly (Regex Pattern, string Instead)[] Words =
    [
        Word(@"\btold\b", "notified, sent, returned"),
        Word(@"\b(bears?|borne)\b", "carries, has"),
        Word(@"\b(stood|stands)\b(?! (for|in for|still)\b)", "is, remains, applies"),
        Word(@"\b(knows|knew)\b", "has, detects, had"),
        Word(@"(?<!what is )\b(go|goes|went|gone|going) on\b(?! (the|a|an|to)\b)", "continue"),
        Word(@"\b(come|comes|came|coming) back\b", "reconnect, resume, return"),
        Word(@"\b(is|are|was|were) over(?=[.,;:)""']|$)", "has ended"),
        Word(@"\bfor ever\b", "permanently, indefinitely"),
        Word(@"(?<!"")\b(nobody|somebody|whoever)\b(?!"")", "no client, any client, another instance"),
        Word(@"\banew\b", "again"),
        Word(@"\b(farewells?|greeted|signs? of life)\b", "bye, hello, heartbeat, as in PROTOCOL.md"),
        Word(@"\b(?-i:[Ss]ystem [A-D])\b", "Cecelia, TaskTree, Execution, Workflow"),
        Word(@"\bframe logs?\b", "outbound buffer"),
        Word(@"\bdialects?\b", "wire format"),
        Word(@"\bstoreys?\b", "layer"),
        Word(@"\b(give|gives|gave|given|giving) back\b", "return, release"),
        Word(@"(?<!\bthere )\bis no (?!longer\b|more\b|less\b|different\b|one\b|better\b|worse\b)", "is not a, has no"),
        Word(@"\b(for so long|so often|after so many)\b|(?<=<summary>)So (many|often|long)\b", "how long, number of"),
        Word(@"(?<=<summary>)\s*(What|Whose|Who|Which|Where|In which|In whose|That|All that)\b", "a noun phrase or a verb phrase as the summary"),
        Word(@"(?<=<summary>)\s*Most \w+ ", "Maximum number of"),
        Word(@"\b(it|them|him) no more\b(?! than)", "no longer"),
        Word(@"\ball the same\b", "nevertheless"),
        Word(@"\baloud\b", "with a report"),
        Word(@"\b(hears|deaf|deafness)\b", "receives, without a subscription"),
        Word(@"\bby turns\b", "alternately"),
        Word(@"\b(whence|whither|hitherto|thereof|wherein)\b", "from which, of it, in which"),
        Word(@"\binbox(es)?\b", "callbacks"),
        Word(@"\blies (behind|before|between|below|above)\b", "is"),
    ];

    public static TheoryData<string, bool> Examples => new()
    {
        { "/// <summary>What stands around every view.</summary>", true },
        { "// It goes on once somebody comes back.", true },
        { "// There is no such file, and the lookup goes on the slow path.", false },
        { "\"the execution is over\"", true },
        { "/// <summary>Returns whether the limit is over a megabyte.</summary>", false },
        { "public async Task Client_that_is_told_nothing_stays()", true },
        { "int told = 0;", false },
        { "string text = $\"{name} is no number\";", true },
        { "    \"\"\"one line\"\"\" + Add(told)", false },
    };

    [Fact]
    public void Texts_use_the_terms_of_the_field()
    {
        List<string> found = [];
        foreach (string path in Sources().Except(WithTheList))
        {
            foreach ((int line, string text) in Texts(path, File.ReadAllText(Path.Combine(Repository.Root, path))))
            {
                foreach ((Regex pattern, string instead) in Words)
                {
                    foreach (Match match in pattern.Matches(text)) found.Add($"{path}:{line}: \"{match.Value.Trim()}\", write: {instead}");
                }
            }
        }

        AssertNone(found);
    }

    [Fact]
    public void Lines_are_shorter_than_160_characters()
    {
        List<string> found = [];
        foreach (string path in Sources())
        {
            string text = File.ReadAllText(Path.Combine(Repository.Root, path));
            if (IsMarkdown(path)) text = Fence().Replace(text, KeepLines);
            foreach ((int line, string content) in Lines(text, 1))
            {
                bool isTable = IsMarkdown(path) && content.TrimStart().StartsWith('|');
                if (content.Length <= MaxLineLength || isTable || IsMostlyLiteral(content)) continue;
                found.Add($"{path}:{line}: {content.Length} characters, wrap the line");
            }
        }

        AssertNone(found);
    }

    [Fact]
    public void Sources_have_at_most_400_lines()
    {
        var found = new List<string>();
        foreach (string path in Sources().Where(path => CodeKinds.Contains(Path.GetExtension(path)) || path.EndsWith(".css", StringComparison.Ordinal)))
        {
            int lines = File.ReadLines(Path.Combine(Repository.Root, path)).Count();
            if (lines > MaxLines && !path.EndsWith(".d.ts", StringComparison.Ordinal)) found.Add($"{path}: {lines} lines, split the file");
        }

        AssertNone(found);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Word_is_found_in_texts_and_not_in_code(string source, bool isFound) =>
        Assert.Equal(isFound, Texts("Relay.Tests/Example.cs", source).Any(text => Words.Any(word => word.Pattern.IsMatch(text.Text))));

    [Fact]
    public void Sources_are_found()
    {
        string[] sources = [.. Sources()];
        foreach (string path in (string[])["README.md", "Relay/Program.cs", "frontend/src/services/websocket.ts", "deploy/brain/index.js", "deploy/test.sh"])
        {
            Assert.Contains(path, sources);
        }
    }

    private static (Regex Pattern, string Instead) Word(string pattern, string instead) =>
        (new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant), instead);

    private static void AssertNone(List<string> found) =>
        Assert.True(found.Count == 0, $"{found.Count} found:\n{string.Join('\n', found.Take(MaxReported))}");

    /// <summary>Returns the paths of all sources relative to the root, with slashes.</summary>
    private static IEnumerable<string> Sources() => Files(Repository.Root)
        .Where(path => Kinds.Contains(Path.GetExtension(path)) || Path.GetFileName(path) is "Dockerfile" or "Caddyfile" or "Makefile")
        .Select(path => Path.GetRelativePath(Repository.Root, path).Replace(Path.DirectorySeparatorChar, '/'))
        .Where(path => !Generated.Contains(path))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder)
            .Where(child => !SkippedFolders.Contains(Path.GetFileName(child)) && Path.GetFileName(child)[0] != '.')
            .SelectMany(Files));

    private static bool IsMarkdown(string path) => path.EndsWith(".md", StringComparison.Ordinal);

    /// <summary>Returns true for a line of data (samples, texts, values), which would be harder to read and to search in parts.</summary>
    private static bool IsMostlyLiteral(string line) => 2 * Literal().Matches(line).Sum(match => match.Length) >= line.Length;

    /// <summary>
    /// Returns, by line, the comments, the literals and the test names of a source, the prose of a Markdown document, or all lines of another file.
    /// </summary>
    private static IEnumerable<(int Line, string Text)> Texts(string path, string source)
    {
        if (IsMarkdown(path))
        {
            // The glossary lists the words to avoid.
            string prose = Glossary().Replace(Fence().Replace(source, KeepLines), KeepLines);
            return Lines(Code().Replace(prose, " "), 1);
        }

        if (!CodeKinds.Contains(Path.GetExtension(path))) return Lines(source, 1);
        bool isCSharp = path.EndsWith(".cs", StringComparison.Ordinal);
        IEnumerable<(int Line, string Text)> texts = (isCSharp ? CSharpText() : ScriptText()).Matches(source)
            .SelectMany(match => Lines(match.Value, LineOf(source, match.Index)));
        if (!isCSharp || !path.StartsWith("Relay.Tests/", StringComparison.Ordinal)) return texts;
        return texts.Concat(TestName().Matches(source).Select(match => (LineOf(source, match.Index), match.Groups["name"].Value.Replace('_', ' '))));
    }

    private static IEnumerable<(int Line, string Text)> Lines(string text, int first) => text.Split('\n').Select((line, i) => (first + i, line.TrimEnd('\r')));

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    /// <summary>Removes a match but keeps its line breaks, so that line numbers stay correct.</summary>
    private static string KeepLines(Match match) => new('\n', match.Value.Count(character => character == '\n'));

    /// <summary>Matches comments and string literals. Character literals are matched so that a quotation mark in one does not start a string.</summary>
    [GeneratedRegex(
        """
        //[^\n]*|/\*.*?\*/|"{3,}.*?"{3,}|(?:\$@|@\$|@)"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'
        """,
        RegexOptions.Singleline)]
    private static partial Regex CSharpText();

    /// <summary>Matches comments, string and template literals, and the text of JSX elements.</summary>
    [GeneratedRegex(
        """
        //[^\n]*|/\*.*?\*/|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|>[^<>{}=;()]*<
        """,
        RegexOptions.Singleline)]
    private static partial Regex ScriptText();

    [GeneratedRegex(
        """
        "{3,}.*?"{3,}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`
        """)]
    private static partial Regex Literal();

    [GeneratedRegex(@"\b(?:Task|void) (?<name>\w+_\w+)\(")]
    private static partial Regex TestName();

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^#+ Glossary\b.*?(?=^#|\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Glossary();
}
