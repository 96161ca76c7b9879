using System.Text;
using System.Text.Json;
using Cecelia.Relay.Access;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using CsCheck;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The claim with the rights, and the intersection of filters.</summary>
public sealed class RightsTests
{
    private static readonly EventDecoder Decoder = new(new EventLimits());

    /// <summary>Values that occur together often enough.</summary>
    private static readonly Gen<Filter> AnyFilter =
        from projects in OneOf("", "p1", "p1,p2", "p2,p3")
        from tasks in OneOf("", "t1", "t1,t2")
        from executions in OneOf("", "e1", "e1,e2", "e3")
        from names in OneOf("", "task:*", "task:created", "task:c*,log", "log", "tas*,log")
        select Make(projects, tasks, executions, names);

    private static readonly Gen<string> AnyEvent =
        from name in OneOf("task:created", "task:started", "log", "task:completed")
        from project in OneOf("null", "\"p1\"", "\"p2\"", "\"p3\"")
        from task in OneOf("null", "\"t1\"", "\"t2\"")
        from execution in OneOf("null", "\"e1\"", "\"e2\"", "\"e3\"")
        select $$$"""{"event":"{{{name}}}","data":{"taskId":{{{task}}}},"project_id":{{{project}}},"execution_id":{{{execution}}}}""";

    [Fact]
    public void Intersection_matches_exactly_what_both_filters_match() => Gen.Select(AnyFilter, AnyFilter, AnyEvent).Sample((first, second, text) =>
    {
        var e = new DecodedEvent();
        // A null task id is not valid in these events.
        byte[] payload = Encoding.UTF8.GetBytes(text.Replace("\"taskId\":null", "", StringComparison.Ordinal));
        Assert.Equal(RefusalReason.None, Decoder.Decode(payload, e));

        Assert.Equal(first.Matches(e) && second.Matches(e), first.Intersect(second).Matches(e));
        Assert.Equal(first.Intersect(second), second.Intersect(first));
    });

    [Fact]
    public void Intersection_with_no_filter_is_the_filter_itself()
    {
        Filter filter = Make("p1", "", "", "task:*");

        Assert.Same(filter, filter.Intersect(Filter.None));
        Assert.Same(filter, Filter.None.Intersect(filter));
        Assert.Equal(Filter.Nothing, filter.Intersect(Filter.Nothing));
        Assert.Equal(Filter.Nothing, filter.Intersect(Make("p2", "", "", "")));
        Assert.False(Filter.Nothing.IsNone);
    }

    [Theory]
    [InlineData("""{}""", "none", false, false, false)]
    [InlineData("""{"role":"read","projects":["p1"],"executions":"*","events":"*"}""", "read", true, false, false)]
    [InlineData("""{"role":"read","projects":["p1"],"executions":"*","events":"*","shared":true}""", "read", true, false, true)]
    [InlineData("""{"role":"read","projects":"*","executions":["*"],"events":["*"]}""", "read", true, true, true)]
    [InlineData("""{"role":"read","projects":["p1","*"],"executions":"*","events":"*"}""", "read", true, true, true)]
    [InlineData("""{"role":"read","projects":[],"executions":"*","events":"*"}""", "read", false, false, false)]
    [InlineData("""{"role":"read","projects":[],"executions":"*","events":"*","shared":true}""", "read", false, false, true)]
    [InlineData("""{"role":"admin","projects":"*","events":"*"}""", "admin", false, false, false)]
    [InlineData("""{"role":"command","projects":null,"executions":"*","events":"*"}""", "command", false, false, false)]
    public void Claim_grants_what_it_lists(string claim, string role, bool first, bool second, bool withoutProject)
    {
        Rights rights = Read(claim)!;

        Assert.Equal(role, rights.Role.ToWireName());
        Assert.Equal(first, rights.Visible.Matches(Event("\"p1\"")));
        Assert.Equal(second, rights.Visible.Matches(Event("\"p2\"")));
        Assert.Equal(withoutProject, rights.Visible.Matches(Event("null")));
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""{"role":"owner"}""")]
    [InlineData("""{"role":7}""")]
    [InlineData("""{"role":"none"}""")]
    [InlineData("""{"projects":{"p1":true}}""")]
    [InlineData("""{"projects":[""]}""")]
    [InlineData("""{"projects":[1.5]}""")]
    [InlineData("""{"projects":[true]}""")]
    [InlineData("""{"events":["ta*sk"]}""")]
    [InlineData("""{"shared":"yes"}""")]
    [InlineData("""{"projects":["a\u0000"]}""")]
    public void Invalid_claim_is_refused(string claim) => Assert.Null(Read(claim));

    [Fact]
    public void Claim_with_too_many_values_is_refused()
    {
        string values = string.Join(',', Enumerable.Range(0, Filter.MaxValues + 1).Select(i => $"\"p{i}\""));

        Assert.Null(Read($$"""{"projects":[{{values}}]}"""));
        Assert.Null(Read($$"""{"projects":["{{new string('x', Filter.MaxValueBytes + 1)}}"]}"""));
    }

    [Fact]
    public void Integer_is_the_text_of_its_digits() =>
        Assert.True(Read("""{"role":"read","projects":[9007199254740993],"executions":"*","events":"*"}""")!.Visible.Matches(Event("9007199254740993")));

    [Fact]
    public void Members_can_have_other_names()
    {
        var names = RightsMembers.Parse("a, b, c, d, e, f");
        using var claim = JsonDocument.Parse("""{"a":["p1"],"b":"*","c":"*","d":["x"],"e":"command","f":true}""");
        Rights rights = RightsClaim.Read(claim.RootElement, names)!;

        Assert.Equal(Role.Command, rights.Role);
        Assert.True(rights.MayCommand("x"));
        Assert.True(rights.Visible.Matches(Event("null")));
    }

    [Theory]
    [InlineData("a,b,c,d,e")]
    [InlineData("a,b,c,d,e,e")]
    [InlineData("a,b,c,d,e,")]
    public void Other_lists_of_names_are_invalid(string text) => Assert.Throws<FormatException>(() => RightsMembers.Parse(text));

    [Theory]
    [InlineData("""{"role":"admin","projects":"*","executions":"*","events":"*","commands":"*"}""")]
    [InlineData("""{"role":"command","projects":["p1","p2"],"executions":["e1"],"events":["task:*","log"],"commands":["start_*"],"shared":true}""")]
    [InlineData("""{"role":"read","projects":["p1"],"executions":[],"events":"*"}""")]
    [InlineData("""{}""")]
    public void Value_of_a_ticket_keeps_the_rights(string claim)
    {
        var grant = new Grant("ada", Read(claim)!, DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123));

        Grant read = TicketValue.Read(TicketValue.Write(grant))!;

        Assert.Equal(grant, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"user\":\"a\",\"expires\":\"x\"}")]
    [InlineData("{\"user\":\"a\",\"expires\":9999999999999999}")]
    public void Damaged_value_of_a_ticket_is_none(string value) => Assert.Null(TicketValue.Read(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Cache_of_tickets_is_bounded_in_memory()
    {
        var cache = new TicketCache();
        string many = string.Join(',', Enumerable.Range(0, Filter.MaxValues - 6).Select(i => $"\"{i}{new string('x', 200)}\""));
        Rights large = Read($$"""{"projects":[{{many}}],"executions":"*","events":"*"}""")!;
        for (int i = 0; i < 1000; i++)
        {
            string hash = $"h{i}";
            cache.Add(hash, new Grant("ada", large, DateTimeOffset.MaxValue) { Ticket = new Ticket(hash) });
        }

        Assert.InRange(cache.Count, 1, (int)(8L * 1024 * 1024 / large.Bytes));
        Assert.Null(cache.Find("h0"));
        Assert.NotNull(cache.Find("h999"));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Filter Make(string projects, string tasks, string executions, string names)
    {
        static string?[] List(string text) => text.Length == 0 ? [] : [text];
        Assert.True(Filter.TryMake(List(projects), List(tasks), List(executions), List(names), out Filter filter, out _));
        return filter;
    }

    private static Rights? Read(string claim)
    {
        using var json = JsonDocument.Parse(claim);
        return RightsClaim.Read(json.RootElement, RightsMembers.Default);
    }

    private static DecodedEvent Event(string project)
    {
        var e = new DecodedEvent();
        Assert.Equal(RefusalReason.None, Decoder.Decode(Encoding.UTF8.GetBytes($$$"""{"event":"tick","data":{},"project_id":{{{project}}}}"""), e));
        return e;
    }
}
