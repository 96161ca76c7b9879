namespace Cecelia.Relay.Bench.Micro;

/// <summary>Every case, in the order of an event's way through the relay.</summary>
internal static class MicroCases
{
    public static IReadOnlyList<MicroCase> All { get; } = [.. EventCases.All, .. FrameCases.All, .. LookupCases.All, .. LogCases.All];

    /// <summary>Those whose name contains the text; all for null.</summary>
    public static IReadOnlyList<MicroCase> Matching(string? text) => text is null ? All : [.. All.Where(micro => micro.Name.Contains(text, StringComparison.OrdinalIgnoreCase))];
}
