using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.Contracts;

[Description("The last minutes, oldest first, as in the response to GET /api/v1/minutes.")]
internal sealed record MinutesResponse
{
    [Description("The time at which the relay wrote the response.")]
    public required Timestamp Now { get; init; }

    [Description("Time since which minutes are known at all; null if nothing was observed yet.")]
    public required Timestamp? Since { get; init; }

    [Description("Reason why nothing is known from before.")]
    public required MinutesStart Reason { get; init; }

    [Description("The beginning of the first row.")]
    public required Timestamp From { get; init; }

    [Range(1, MinuteTable.Minutes)]
    [Description("Number of rows of each series.")]
    public required int Minutes { get; init; }

    [Description("True if the token of the request is limited, so that some series are absent.")]
    public required bool Limited { get; init; }

    [Description("The upper bounds of the buckets of the histograms.")]
    public required MinuteBounds Bounds { get; init; }

    [Description("For each minute: true if it was observed completely; false if in part, or events may be missing; null if nothing of it is known.")]
    public required IReadOnlyList<bool?> Complete { get; init; }

    [Description("The slots of the executors in each minute.")]
    public IReadOnlyList<MinuteSlots?> Slots { get; init; } = [];

    [Description("The sum of all series.")]
    public IReadOnlyList<MinuteRow?> All { get; init; } = [];

    [Description("What belongs to no project, if there is anything.")]
    public IReadOnlyList<MinuteRow?> None { get; init; } = [];

    [Description("The sum of the projects without a series of their own, if there is anything.")]
    public IReadOnlyList<MinuteRow?> Others { get; init; } = [];

    [Description("The series of each project. Null for a project that was asked for and has none.")]
    public required ProjectSeries Projects { get; init; }
}

[Description("The upper bounds of the buckets in milliseconds. The last bucket has none.")]
internal sealed record MinuteBounds
{
    [Description("Those of the run times.")]
    public required IReadOnlyList<long> RunMs { get; init; }

    [Description("Those of the queue times.")]
    public required IReadOnlyList<long> QueueMs { get; init; }

    [Description("Those of the lag.")]
    public required IReadOnlyList<long> LagMs { get; init; }
}

/// <summary>The type of a row of a series in a contract.</summary>
[Description(
    "The values of a minute: the numbers of tasks created, ended, completed and failed, then the histograms of run time, queue time and lag. A histogram has "
        + "up to 16 buckets; those at its end that are empty are left out.")]
internal readonly record struct MinuteRow;

/// <summary>The type of the slots of a minute in a contract.</summary>
[Description("The highest number of slots in use, the number in use at the end, and all slots at the end.")]
internal readonly record struct MinuteSlots;

/// <summary>The type of the series by project in a contract. <see cref="ClientSchemas"/> adds that each value is a series or null.</summary>
[Description("Series by project.")]
internal readonly record struct ProjectSeries;
