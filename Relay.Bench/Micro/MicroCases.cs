namespace Cecelia.Relay.Bench.Micro;

/// <summary>All cases, in the order in which the relay processes an event.</summary>
internal static class MicroCases
{
    public static IReadOnlyList<MicroCase> All { get; } =
    [
        .. EventCases.All, .. FrameCases.All, .. LookupCases.All, .. BufferCases.All, .. RecorderCases.All, .. MinuteCases.All,
    ];

    /// <summary>Returns the cases whose name contains the text; all cases for null.</summary>
    public static IReadOnlyList<MicroCase> Matching(string? text) =>
        text is null ? All : [.. All.Where(micro => micro.Name.Contains(text, StringComparison.OrdinalIgnoreCase))];
}
