using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Cli;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>deploy/CONFIGURATION.md, <i>Open files</i>: connections fit into the limit of open files, or the relay reports an error at the start.</summary>
public sealed class DescriptorBudgetTests
{
    [Theory]
    [InlineData(256, 12, 4, 2, 2)]
    [InlineData(1024, 64, 720, 45, 675)]
    [InlineData(1500, 64, 1196, 74, 1122)]
    [InlineData(1_048_576, 64, 1_048_272, 256, 1_048_016)]
    public void Limit_is_divided_into_own_use_reserve_requests_and_connections(long limit, long reserve, long sockets, long requests, long connections)
    {
        var budget = new DescriptorBudget(limit);

        Assert.Equal((reserve, sockets, requests, connections), (budget.Reserve, budget.Sockets, budget.Requests, budget.Connections));
        Assert.Equal(limit, DescriptorBudget.Own + budget.Reserve + budget.Requests + budget.Connections);
    }

    [Fact]
    public void Large_limit_changes_only_the_bound_of_sockets()
    {
        (RelayOptions options, string? error, string? notice) = DescriptorBudget.Fit(new RelayOptions(), setBy: null, 1_048_576);

        Assert.Equal(
            (10_000, 1_048_272, 1_048_512L), (options.Connections.MaxConnections, options.Connections.MaxSockets, options.Connections.DescriptorCeiling));
        Assert.Equal((null, null), (error, notice));
    }

    [Fact]
    public void Missing_system_limit_sets_no_bound()
    {
        var options = new RelayOptions();

        Assert.Equal((options, null, null), DescriptorBudget.Fit(options, setBy: null, limit: null));
    }

    [Fact]
    public void Unlimited_connections_are_bounded_by_what_fits()
    {
        var unlimited = new RelayOptions { Connections = new() { MaxConnections = 0 } };

        (RelayOptions options, string? error, _) = DescriptorBudget.Fit(unlimited, setBy: "CECELIA_MAX_CONNECTIONS", 1500);

        Assert.Equal((1122, null), (options.Connections.MaxConnections, error));
    }

    [Fact]
    public async Task Default_that_does_not_fit_is_lowered_and_reported_by_check()
    {
        using var terminal = new TestTerminal(descriptorLimit: 1500);

        Assert.Equal(0, await terminal.RunAsync("check"));

        Assert.Contains(
            "CECELIA_MAX_CONNECTIONS was lowered from 10000 to 1122: 1500 open files (ulimit -n) - 240 for the relay itself - 64 in reserve - 74 for requests = 1122",
            terminal.Out,
            StringComparison.Ordinal);
        Assert.Contains(
            terminal.OutLines,
            line => line.StartsWith("CECELIA_MAX_CONNECTIONS ", StringComparison.Ordinal)
                && line.Contains(" 1122 ", StringComparison.Ordinal)
                && line.Contains("lowered to the limit of open files", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Explicit_number_that_does_not_fit_is_refused_with_the_calculation()
    {
        using var terminal = new TestTerminal(descriptorLimit: 1500, environment: [("CECELIA_MAX_CONNECTIONS", "1123")]);

        Assert.Equal(2, await terminal.RunAsync());

        Assert.Contains(
            "CECELIA_MAX_CONNECTIONS is 1123, but at most 1122 connections fit: 1500 open files (ulimit -n) - 240 ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limit_below_the_needs_of_the_relay_is_refused()
    {
        using var terminal = new TestTerminal(descriptorLimit: 255);

        Assert.Equal(2, await terminal.RunAsync());

        Assert.Contains("The limit of open files (ulimit -n) is 255, but the relay needs at least 256", terminal.Error, StringComparison.Ordinal);
    }
}
