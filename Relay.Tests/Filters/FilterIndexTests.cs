using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using CsCheck;

namespace Cecelia.Relay.Tests.Filters;

/// <summary>PROTOCOL.md, <i>Filters</i>.</summary>
public sealed class FilterIndexTests
{
    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly DecodedEvent _event = new();

    [Theory]
    [InlineData("", "", "", "", true)]
    [InlineData("p1", "", "", "", true)]
    [InlineData("p2", "", "", "", false)]
    [InlineData("p2,p1", "t9,t1", "", "", true)]
    [InlineData("p1", "t2", "", "", false)]
    [InlineData("", "", "e1", "", true)]
    [InlineData("", "", "", "task:*", true)]
    [InlineData("", "", "", "executor:status", false)]
    [InlineData("", "", "", "executor:status,task:progress", true)]
    [InlineData("", "", "", "task:prog*,task:*,*", true)]
    [InlineData("", "", "", "*", true)]
    [InlineData("", "t1", "", "executor:*", false)]
    public void Find_one_filter_matches_exactly_when_every_part_matches(string projects, string tasks, string executions, string names, bool expected)
    {
        Decode("""{"event":"task:progress","project_id":"p1","execution_id":"e1","data":{"taskId":"t1"}}""");
        Filter filter = Make(projects, tasks, executions, names);
        var index = new FilterIndex<string>();
        index.Add(filter, "it");

        Assert.Equal(expected, filter.Matches(_event));
        Assert.Equal(expected ? ["it"] : [], Find(index));
    }

    [Fact]
    public void Find_in_random_filters_agrees_with_testing_each_filter()
    {
        Gen<string> name = Gen.OneOf("task:created", "task:progress", "executor:status", "logxxx");
        Gen<string> pattern = Gen.Select(name, Gen.Int[0, 6], (whole, cut) => cut == 6 ? whole : whole[..cut] + "*");
        Gen<Filter> filter = Gen.Select(
            Ids("p"),
            Ids("t"),
            Ids("e"),
            pattern.Array[0, 2],
            (projects, tasks, executions, names) => Make(projects, tasks, executions, string.Join(',', names)));
        Gen<string> payload = Gen.Select(
            name, Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3], (event_, p, t, e) =>
                $$$"""{"event":"{{{event_}}}","project_id":"p{{{p}}}","data":{"taskId":"t{{{t}}}","execution_id":"e{{{e}}}"}}""");
        // Adds a filter, or removes one of those added, and looks up an event.
        Gen.Select(Gen.Int[0, 11], filter, Gen.Int[0, 199], payload).Array[0, 300].Sample(
            steps =>
            {
                var index = new FilterIndex<Box>();
                var filed = new List<Box>();
                var decoder = new EventDecoder(new EventLimits());
                var decoded = new DecodedEvent();
                foreach ((int kind, Filter next, int which, string json) in steps)
                {
                    if (kind < 8 && filed.Count < 200)
                    {
                        var box = new Box(next);
                        filed.Add(box);
                        index.Add(box.Filter, box);
                    }
                    else if (kind == 8 && filed.Count > 0)
                    {
                        Box box = filed[which % filed.Count];
                        filed.Remove(box);
                        index.Remove(box.Filter, box);
                    }

                    Assert.Equal(RefusalReason.None, decoder.Decode(Encoding.UTF8.GetBytes(json), decoded));
                    var found = new List<Box>();
                    index.Find(decoded, found);
                    Assert.Equal(found.Count, found.Distinct().Count());
                    Assert.Equal(filed.Where(box => box.Filter.Matches(decoded)).ToHashSet(), found.ToHashSet());
                }
            },
            iter: TestLength.Times(20));
    }

    [Theory]
    [InlineData("p", true)]
    [InlineData("a", true)]
    [InlineData("ab", true)]
    [InlineData("abc", true)]
    [InlineData("abd", true)]
    [InlineData("aa", false)]
    [InlineData("b", false)]
    [InlineData("pa", false)]
    [InlineData("x:1", true)]
    [InlineData("x:", true)]
    [InlineData("x", false)]
    public void WantsName_redundant_patterns_change_nothing(string name, bool expected) =>
        Assert.Equal(expected, Make("", "", "", "abc,ab*,a,p,x:*,x:y*,x:yz").WantsName(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void Remove_of_filters_with_shared_values_keeps_the_others()
    {
        var index = new FilterIndex<Box>();
        Box[] boxes =
        [
            .. Enumerable.Range(0, 100).Select(i => new Box(Make("p1", "", "", string.Join(',', Enumerable.Range(i, 150).Select(n => "name-" + n))))),
        ];
        foreach (Box box in boxes) index.Add(box.Filter, box);
        foreach (Box box in boxes.Where((_, i) => i % 3 == 0)) index.Remove(box.Filter, box);

        Decode("""{"event":"name-120","project_id":"p1"}""");
        var found = new List<Box>();
        index.Find(_event, found);

        Assert.Equal(boxes.Where((_, i) => i % 3 != 0), found.OrderBy(box => Array.IndexOf(boxes, box)));
    }

    [Fact]
    public void Find_without_a_match_in_many_filters_does_not_allocate()
    {
        var index = new FilterIndex<Box>();
        for (int i = 0; i < 10_000; i++)
        {
            var box = new Box(Make("", $"task-{i}", "", i % 2 == 0 ? "" : "task:*"));
            index.Add(box.Filter, box);
        }

        Decode("""{"event":"task:progress","data":{"taskId":"task-5001"}}""");
        var found = new List<Box>(16);
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 10_000; i++) FindOnce();
        });
        Assert.Single(found);

        void FindOnce()
        {
            found.Clear();
            index.Find(_event, found);
        }
    }

    [Fact]
    public void TryMake_same_values_in_another_order_makes_an_equal_filter()
    {
        Assert.Equal(Make("b,a", "", "", "x:*,y"), Make("a,b,a", "", "", "y,x:*"));
        Assert.Equal(Make("b,a", "", "", "").GetHashCode(), Make("a,b", "", "", "").GetHashCode());
        Assert.NotEqual(Make("a", "", "", ""), Make("", "a", "", ""));
        Assert.NotEqual(Make("", "", "", "a"), Make("", "", "", "a*"));
        Assert.Equal(Make("", "", "", "task:*"), Make("", "", "", "task:created,task:c*,task:*"));
        Assert.Equal(Filter.None, Make("", "", "", "log,*"));
    }

    [Theory]
    [InlineData("a,,b", "1 to 256 bytes")]
    [InlineData("t*k", "only at the end")]
    public void TryMake_invalid_values_report_the_error(string names, string expected)
    {
        Assert.False(Filter.TryMake([], [], [], [names], out _, out string? error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryMake_too_many_or_too_long_values_is_refused()
    {
        Assert.False(Filter.TryMake([], [string.Join(',', Enumerable.Range(0, 257))], [], [], out _, out string? many));
        Assert.Contains("at most 256", many, StringComparison.Ordinal);
        Assert.False(Filter.TryMake([new string('x', 257)], [], [], [], out _, out _));
    }

    private static Filter Make(string projects, string tasks, string executions, string names)
    {
        Assert.True(Filter.TryMake(Given(projects), Given(tasks), Given(executions), Given(names), out Filter filter, out string? error), error);
        return filter;

        static string[] Given(string text) => text.Length == 0 ? [] : [text];
    }

    private static Gen<string> Ids(string letter) =>
        Gen.Int[0, 3].Array[0, 2].Select(numbers => string.Join(',', numbers.Select(number => $"{letter}{number}")));

    private void Decode(string json) => Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(json), _event));

    private List<string> Find(FilterIndex<string> index)
    {
        var found = new List<string>();
        index.Find(_event, found);
        return found;
    }

    private sealed record Box(Filter Filter)
    {
        public bool Equals(Box? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
