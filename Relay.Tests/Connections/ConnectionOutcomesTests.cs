using System.Reflection;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The closed sets that connections are counted by.</summary>
public sealed class ConnectionOutcomesTests
{
    [Fact]
    public void Close_codes_of_a_websocket_hold_the_code_of_every_reason() =>
        Assert.All(Enum.GetValues<CloseReason>().Select(reason => reason.ToCloseFrame().Code), code => Assert.Contains(code, ConnectionOutcomes.CloseCodes(Transport.WebSocket)));

    [Fact]
    public void Refusals_hold_every_word_except_those_of_the_state_and_of_every_request()
    {
        IEnumerable<string> all = typeof(RequestRefusal).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property => ((RequestRefusal)property.GetValue(null)!).Reason).Append(RequestRefusal.BadFilter("").Reason);
        string[] others = [RequestRefusal.UnknownTask.Reason, RequestRefusal.UnknownExecution.Reason, RequestRefusal.HostNotAllowed.Reason];

        IEnumerable<string> counted = Enum.GetValues<Transport>().SelectMany(ConnectionOutcomes.Refusals);

        Assert.Equal(all.Except(others).Order(), counted.Distinct().Order());
    }
}
