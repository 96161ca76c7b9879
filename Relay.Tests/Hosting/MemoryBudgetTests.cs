using Cecelia.Relay.Hosting;
using Cecelia.Relay.Minutes;
using Microsoft.Extensions.Configuration;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>deploy/CONFIGURATION.md, <i>Memory</i>: default bounds fit the limit, and explicit bounds are never changed.</summary>
public sealed class MemoryBudgetTests
{
    private const long MiB = 1024 * 1024;
    private const long Defaults = 592 * MiB;
    private static readonly string[] Counted =
    [
        "STATE_BYTES", "SNAPSHOT_BYTES", "FILTER_BYTES", "OUTBOUND_BUFFER_TOTAL_BYTES", "INGEST_QUEUE_BYTES", "JOURNAL_BYTES", "HANDOFF_BYTES",
        "RECORDER_BYTES",
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(994 * MiB)]
    [InlineData(24_000 * MiB)]
    public void Defaults_are_kept_if_they_fit_or_the_limit_is_unknown(long limit)
    {
        (RelayOptions options, IReadOnlyList<string> errors) = Read(limit);

        Assert.Empty(errors);
        Assert.Equal(Defaults, Sum(options));
        Assert.Empty(options.Memory.Scaled);
        Assert.Equal(limit, options.Memory.LimitBytes);
    }

    [Theory]
    [InlineData(993)]
    [InlineData(512)]
    [InlineData(256)]
    [InlineData(100)]
    [InlineData(48)]
    public void Defaults_that_do_not_fit_are_scaled_together(long limitMiB)
    {
        (RelayOptions options, IReadOnlyList<string> errors) = Read(limitMiB * MiB);

        Assert.Empty(errors);
        long budget = limitMiB * MiB * 60 / 100;
        long left = budget - MinuteTable.MaxBytes;
        // At most one step of 64 KiB is unused for each setting, and the budget is not exceeded.
        Assert.InRange(Sum(options), left - (8 * 65_536), left);
        Assert.Equal(Sum(options) + MinuteTable.MaxBytes, options.Memory.SumBytes);
        Assert.Equal(budget, options.Memory.BudgetBytes);
        Assert.Equal(Counted.Select(name => "CECELIA_" + name).Order(), options.Memory.Scaled.Order());
        Assert.All(Counted, name => Assert.InRange(Value(options, name), MiB, Value(new RelayOptions(), name)));
    }

    [Fact]
    public void Defaults_keep_their_proportions()
    {
        (RelayOptions options, _) = Read(256 * MiB);

        Assert.Equal(options.State.MaxBytes, options.Fanout.SnapshotBytes);
        Assert.InRange(options.Fanout.TotalBufferBytes, 4 * options.State.MaxBytes, 4 * (options.State.MaxBytes + 65_536));
        Assert.Equal(options.Journal.Bytes, options.Recovery.HandoffBytes);
    }

    [Fact]
    public void Explicit_bound_is_kept_and_the_others_share_the_rest()
    {
        (RelayOptions options, IReadOnlyList<string> errors) = Read(256 * MiB, ("STATE_BYTES", 64 * MiB), ("HANDOFF_BYTES", 0));

        Assert.Empty(errors);
        Assert.Equal(64 * MiB, options.State.MaxBytes);
        Assert.Equal(0, options.Recovery.HandoffBytes);
        long left = (256 * MiB * 60 / 100) - MinuteTable.MaxBytes;
        Assert.InRange(Sum(options), left - (8 * 65_536), left);
        Assert.DoesNotContain("CECELIA_STATE_BYTES", options.Memory.Scaled);
        Assert.DoesNotContain("CECELIA_HANDOFF_BYTES", options.Memory.Scaled);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(47)]
    public void Limit_below_the_needs_of_the_relay_is_refused(long limitMiB)
    {
        (_, IReadOnlyList<string> errors) = Read(limitMiB * MiB);

        Assert.StartsWith($"The memory limit is {limitMiB} MiB, but the relay needs at least 48 MiB", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Explicit_bounds_that_do_not_fit_are_refused_with_their_sum()
    {
        (_, IReadOnlyList<string> errors) = Read(256 * MiB, ("STATE_BYTES", 100 * MiB), ("SNAPSHOT_BYTES", 60 * MiB));

        Assert.Equal(
            "The memory bounds do not fit: CECELIA_STATE_BYTES 100 MiB + CECELIA_SNAPSHOT_BYTES 60 MiB = 160 MiB; the other bounds need at least 13 MiB, which makes 173 MiB; "
            + "153.6 MiB are allowed, 60 % of the memory limit of 256 MiB. Lower them, or raise the limit",
            Assert.Single(errors));
    }

    [Theory]
    [InlineData(140, true)]
    [InlineData(141, false)]
    public void Explicit_bound_leaves_the_minimum_for_the_others(long stateMiB, bool fits)
    {
        // 153.6 MiB, minus the minutes and the minimum of the other bounds: 4 + 1 + 1 + 4 + 1 + 1 + 1 + 1 MiB, minus the explicit bound.
        (_, IReadOnlyList<string> errors) = Read(256 * MiB, ("STATE_BYTES", stateMiB * MiB - MiB));

        Assert.Equal(fits, errors.Count == 0);
    }

    [Fact]
    public void Default_value_that_was_set_explicitly_is_not_scaled()
    {
        (RelayOptions options, _) = Read(256 * MiB, ("JOURNAL_BYTES", 16 * MiB));

        Assert.Equal(16 * MiB, options.Journal.Bytes);
    }

    [Fact]
    public void Bounds_that_do_not_fit_are_reported_with_all_other_errors()
    {
        (_, IReadOnlyList<string> errors) = Read(256 * MiB, ("STATE_BYTES", 1024 * MiB), ("WS_PORT", -1));

        Assert.Equal(2, errors.Count);
        Assert.Contains(errors, error => error.StartsWith("CECELIA_WS_PORT must be", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Contains("CECELIA_STATE_BYTES 1024 MiB", StringComparison.Ordinal));
    }

    private static (RelayOptions Options, IReadOnlyList<string> Errors) Read(long limit, params (string Name, long Value)[] set)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(set.Select(one => KeyValuePair.Create("CECELIA_" + one.Name, (string?)Setting.Text(one.Value))))
            .Build();
        return SettingsReader.Read(configuration, memoryLimitBytes: limit);
    }

    private static long Value(RelayOptions options, string name) =>
        long.Parse(Settings.All.Single(setting => setting.Name == name).Read(options), System.Globalization.CultureInfo.InvariantCulture);

    private static long Sum(RelayOptions options) => Counted.Sum(name => Value(options, name));
}
