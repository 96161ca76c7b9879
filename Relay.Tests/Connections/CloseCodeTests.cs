using System.Globalization;
using System.Text.RegularExpressions;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Close codes</i>: the relay, the document and the front end agree on every code and every reason.</summary>
public sealed partial class CloseCodeTests
{
    private const int Lowest = 1000;
    private const int Highest = 4999;

    [Fact]
    public void Codes_reasons_and_reconnect_rules_agree_in_code_document_and_front_end()
    {
        List<Row> relay =
        [
            .. Enum.GetValues<CloseReason>()
                .Where(reason => reason is not (CloseReason.None or CloseReason.PeerClosed or CloseReason.PeerGone))
                .GroupBy(reason => reason.ToCloseFrame().Code)
                .Select(code => new Row(code.Key, code.Key, [.. code.Select(CloseReasons.ToWireName)], CloseReasons.ShouldReconnect(code.Key))),
        ];
        List<Row> text = ReadProtocol(), frontend = ReadFrontend();

        Assert.Equal(Describe(relay), Describe(text));
        Assert.Equal(Describe(relay), Describe(frontend));
        // Ranges cover the codes without a row of their own.
        Assert.Equal(
            text.Where(row => row.From == row.To).Select(row => row.From).Order(),
            frontend.Where(row => row.From == row.To).Select(row => row.From).Order());
        for (int code = Lowest; code <= Highest; code++)
        {
            Assert.True(CloseReasons.ShouldReconnect(code) == Reconnects(text, code), $"PROTOCOL.md differs for {code}");
            Assert.True(CloseReasons.ShouldReconnect(code) == Reconnects(frontend, code), $"close-codes.ts differs for {code}");
        }
    }

    private static bool Reconnects(List<Row> rows, int code) =>
        rows.Where(row => code >= row.From && code <= row.To).MinBy(row => row.To - row.From)?.Reconnects ?? false;

    private static IEnumerable<string> Describe(List<Row> rows) =>
        rows.SelectMany(
            row => row.Reasons.Select(reason => string.Create(CultureInfo.InvariantCulture, $"{row.From} {reason}"))).Order(StringComparer.Ordinal);

    private static List<Row> ReadProtocol()
    {
        string section = File.ReadAllText(Path.Combine(Repository.Root, "Relay", "PROTOCOL.md")).Split("\n## Close codes\n")[1].Split("\n## ")[0];
        var rows = new List<Row>();
        foreach (Match row in ProtocolRow().Matches(section))
        {
            string[] reasons = [.. Name().Matches(row.Groups["from"].Value).Select(name => name.Groups["name"].Value)];
            foreach (Match codes in Codes().Matches(row.Groups["codes"].Value))
                rows.Add(
                    new Row(
                        Number(codes, "first"), Number(codes, codes.Groups["last"].Success ? "last" : "first"), reasons, row.Groups["back"].Value == "yes"));
        }

        Assert.Equal(section.Split('\n').Count(line => line.StartsWith("| ", StringComparison.Ordinal)) - 1, ProtocolRow().Count(section));
        return rows;
    }

    private static List<Row> ReadFrontend()
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root, "frontend", "src", "services", "close-codes.ts"));
        List<Row> rows =
        [
            .. FrontendRow().Matches(source).Select(row => new Row(
                Number(row, "code"), Number(row, "code"),
                [
                    .. Quoted().Matches(row.Groups["reasons"].Value).Select(name => name.Groups["name"].Value),
                ], row.Groups["back"].Value == "true")),
        ];
        Match others = FrontendRange().Match(source);
        Assert.True(others.Success, "close-codes.ts has no range");
        return [.. rows, new Row(Number(others, "from"), Number(others, "to"), [], true)];
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (?<codes>\d[^|]*) \| (?<from>[^|]*) \| (?<back>yes|no) \|$", RegexOptions.Multiline)]
    private static partial Regex ProtocolRow();

    [GeneratedRegex(@"(?<first>\d{4})(–(?<last>\d{4}))?")]
    private static partial Regex Codes();

    [GeneratedRegex("`(?<name>[a-z][a-z0-9_]*)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\{ code: (?<code>\d+), reasons: \[(?<reasons>[^\]]*)\], reconnect: (?<back>true|false) \}")]
    private static partial Regex FrontendRow();

    [GeneratedRegex("'(?<name>[^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\{ from: (?<from>\d+), to: (?<to>\d+) \}")]
    private static partial Regex FrontendRange();

    /// <summary>A code or a range of codes, with the reasons of <c>relay:bye</c> that use it.</summary>
    private sealed record Row(int From, int To, string[] Reasons, bool Reconnects);
}
