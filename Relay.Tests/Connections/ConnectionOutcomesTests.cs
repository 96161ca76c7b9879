using System.Reflection;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The closed sets of outcomes by which connections are counted.</summary>
public sealed class ConnectionOutcomesTests
{
    [Fact]
    public void Websocket_close_codes_include_the_code_of_every_reason() =>
        Assert.All(
            Enum.GetValues<CloseReason>().Select(reason => reason.ToCloseFrame().Code),
            code => Assert.Contains(code, ConnectionOutcomes.CloseCodes(Transport.WebSocket)));

    [Fact]
    public void Refusal_reasons_include_all_except_those_of_other_endpoints_and_of_every_request()
    {
        IEnumerable<string> all = typeof(RequestRefusal).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(
            property => ((RequestRefusal)property.GetValue(null)!).Reason).Append(RequestRefusal.BadFilter("").Reason);
        string[] others =
        [
            RequestRefusal.UnknownTask.Reason,
            RequestRefusal.UnknownExecution.Reason,
            RequestRefusal.HostNotAllowed.Reason,
            RequestRefusal.BadUser.Reason,
            RequestRefusal.BadPosition.Reason,
            RequestRefusal.TooManyRequests.Reason,
            RequestRefusal.BadLimit.Reason,
            RequestRefusal.BadBase.Reason,
            RequestRefusal.BadMinutes.Reason,
            RequestRefusal.ClientNotBuilt.Reason,
        ];

        IEnumerable<string> counted = Enum.GetValues<Transport>().SelectMany(ConnectionOutcomes.Refusals);

        Assert.Equal(all.Except(others).Order(), counted.Distinct().Order());
    }
}
