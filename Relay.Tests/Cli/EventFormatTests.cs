using System.Text;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Tests.Cli;

public sealed class EventFormatTests
{
    private static readonly DateTimeOffset Arrival = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    private static readonly TimeZoneInfo TwoHoursEast = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(2), "east", "east");

    [Theory]
    // Cecelia
    [InlineData(
        """{"event":"task:progress","data":{"taskId":"t1","runId":"r1","status":"running","progress":42},"timestamp":"2026-01-02T10:00:00.007Z","project_id":"web"}""",
        "12:00:00.007  task:progress     t1              running    ████░░░░░░  42%  runId=r1 project_id=web")]
    [InlineData(
        """{"event":"executor:status","data":{"activeCount":1,"availableSlots":3},"timestamp":"2026-01-02T10:00:00Z"}""",
        "12:00:00.000  executor:status   activeCount=1 availableSlots=3")]
    // TaskTree
    [InlineData(
        """{"type":"task_updated","project_id":"p1","data":{"id":7,"title":"two words","tags":["a"]},"timestamp":"2026-01-02T10:00:00+02:00"}""",
        "10:00:00.000  task_updated      7                                           title=\"two words\" tags=[\"a\"] project_id=p1")]
    // Execution, without a timestamp
    [InlineData(
        """{"type":"status","execution_id":"e1","status":"completed","progress":100,"message":"","error":null}""",
        "05:04:05.678  status            e1              completed  ██████████ 100%  message=\"\"")]
    // Unusual input
    [InlineData("""{"event":7,"data":[1],"timestamp":"soon"}""", "05:04:05.678  7                 data=[1]")]
    [InlineData("not json\u001b[2J", "05:04:05.678  not json·[2J")]
    [InlineData("[1]", "05:04:05.678  [1]")]
    public void Line_has_time_name_id_status_progress_and_the_remaining_fields(string message, string expected) =>
        Assert.Equal(expected, Format(message));

    [Theory]
    [InlineData("""{"event":"task:failed","data":{"taskId":"t"}}""", "31")]
    [InlineData("""{"event":"task:failed","data":{"taskId":"t","status":"failed"}}""", "31")]
    [InlineData("""{"event":"task:completed","data":{"status":"completed"}}""", "32")]
    [InlineData("""{"event":"task:created","data":{}}""", "36")]
    [InlineData("""{"event":"task:progress","data":{"status":"running"}}""", "34")]
    [InlineData("""{"event":"executor:status","data":{}}""", "35")]
    public void Name_color_follows_the_task_status(string message, string code)
    {
        string line = Format(message, color: true);

        Assert.Contains($"\e[{code}m", line, StringComparison.Ordinal);
        Assert.Contains("\e[0m", line, StringComparison.Ordinal);
        Assert.Equal(Format(message), line.Replace($"\e[{code}m", "", StringComparison.Ordinal).Replace("\e[0m", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Control_characters_are_not_written_to_the_terminal()
    {
        string line = Format("""{"event":"\u001b[31mx","data":{"taskId":"\u0007","status":"\u009b","k\u0000":"\r\n","half":"\ud800","\ud800":1}}""");

        Assert.DoesNotContain(line, char.IsControl);
    }

    [Fact]
    public void Narrow_terminal_shows_percent_without_bar() =>
        Assert.Equal(
            "05:04:05.678  task:progress     t1              running     42%  title=x",
            Format("""{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":42,"title":"x"}}""", width: 80));

    [Fact]
    public void Long_line_is_truncated_to_the_width()
    {
        string line = Format($$$"""{"event":"x","data":{"text":"{{{new string('y', 500)}}}"}}""", width: 80);

        Assert.Equal(80, line.Length);
        Assert.EndsWith("y…", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_message_is_written_as_one_line() =>
        Assert.Equal("{ \"a\":  1 }", RawLine.Format("{\n\"a\":\r\n1\n}"u8.ToArray()));

    private static string Format(string message, bool color = false, int width = 200) =>
        new EventFormat(TwoHoursEast, color).Format(Encoding.UTF8.GetBytes(message), Arrival, width);
}
