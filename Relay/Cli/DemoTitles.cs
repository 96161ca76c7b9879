namespace Cecelia.Relay.Cli;

/// <summary>Titles and errors as a person would write them.</summary>
internal sealed class DemoTitles(Random random)
{
    private static readonly string[] Verbs = ["Review", "Refactor", "Write tests for", "Document", "Translate", "Speed up", "Fix the flaky test in", "Add dark mode to", "Find the memory leak in", "Summarise feedback on"];

    private static readonly string[] Things = ["the login page", "the invoice export", "the search index", "the onboarding mail", "the weekly report", "the mobile menu", "the payment webhook", "the nightly import", "the settings dialog", "the release notes"];

    private static readonly string[] Errors = ["The model ran out of context", "Tests failed: 3 of 214", "The repository could not be cloned", "No answer from the tool within 60 s", "The patch does not apply any more"];

    public string NextTitle() => $"{Pick(Verbs)} {Pick(Things)}";

    public string NextError() => Pick(Errors);

#pragma warning disable CA5394
    private string Pick(string[] words) => words[random.Next(words.Length)];
#pragma warning restore CA5394
}
