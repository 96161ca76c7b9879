using System.Reflection;
using System.Text.Json.Nodes;
using Cecelia.Relay.Access;
using Cecelia.Relay.Admin;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Contracts;

/// <summary>The wire names of all closed sets that contracts use, read from their definitions.</summary>
internal static class EnumNames
{
    /// <summary>The reason that <c>Http</c> uses, a folder that this one cannot import.</summary>
    private const string NotFound = "not_found";

    /// <summary>Creates a schema of the names of an enum.</summary>
    public static JsonObject Schema(Type type) => Schema(NamesOf(type));

    /// <summary>Creates a schema of a closed set of names.</summary>
    public static JsonObject Schema(IEnumerable<string> names) =>
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };

    /// <summary>Returns the reason of every <see cref="RequestRefusal"/>.</summary>
    public static IEnumerable<string> OfRefusals()
    {
        const BindingFlags Factories = BindingFlags.Public | BindingFlags.Static;
        IEnumerable<object?> constants = typeof(RequestRefusal).GetProperties(Factories).Select(property => property.GetValue(null));
        IEnumerable<object?> withMessage = typeof(RequestRefusal).GetMethods(Factories)
            .Where(
                method => method.ReturnType == typeof(RequestRefusal)
                    && method.GetParameters() is [{ ParameterType: var parameter }]
                    && parameter == typeof(string))
            .Select(method => method.Invoke(null, [""]));
        return constants
            .Concat(withMessage).OfType<RequestRefusal>()
            .Concat(Enum.GetValues<ResumeFailure>().Where(failure => failure != ResumeFailure.Incomplete).Select(RequestRefusal.PositionNotFound))
            .Select(refusal => refusal.Reason).Append(NotFound)
            .Concat(AccessFailures.All.Where(failure => failure is not (AccessFailure.OtherUser or AccessFailure.Busy)).Select(AccessFailures.ToWireName))
            .Distinct()
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Returns the reason of every error that is sent to a client on its connection.</summary>
    public static IEnumerable<string> OfErrors() =>
        ClientResponse.Reasons
            .Concat(CommandOutcomes.All.Where(outcome => outcome != CommandOutcome.Published).Select(CommandOutcomes.ToWireName))
            .Concat(AccessFailures.OnConnections.Select(AccessFailures.ToWireName))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> NamesOf(Type type)
    {
        if (type == typeof(TraceOutcome)) return Enum.GetValues<TraceOutcome>().Select(TraceOutcomes.ToWireName);
        if (type == typeof(EventOutcome)) return Enum.GetValues<EventOutcome>().Where(outcome => outcome != EventOutcome.Gap).Select(EventOutcomes.ToWireName);
        if (type == typeof(GapCause)) return Enum.GetValues<GapCause>().Select(GapCauses.ToWireName);
        if (type == typeof(ResumeFailure)) return Enum.GetValues<ResumeFailure>().Select(ResumeFailures.ToWireName);
        if (type == typeof(CloseReason))
        {
            return Enum.GetValues<CloseReason>().Where(reason => reason.CanBeSent() && reason != CloseReason.PeerClosed).Select(CloseReasons.ToWireName);
        }

        if (type == typeof(MinutesStart)) return Enum.GetValues<MinutesStart>().Select(MinutesStarts.ToWireName);
        if (type == typeof(Role)) return Enum.GetValues<Role>().Where(role => role != Role.None).Select(Roles.ToWireName);
        return Enum.GetNames(type).Select(name => name.ToLowerInvariant());
    }
}
