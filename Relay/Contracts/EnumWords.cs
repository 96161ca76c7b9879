using System.Reflection;
using System.Text.Json.Nodes;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Contracts;

/// <summary>The wire's words of everything closed that contracts use, from where they are defined.</summary>
internal static class EnumWords
{
    /// <summary>The one that <c>Hosting</c> answers with, which lies above.</summary>
    private const string NotFound = "not_found";

    /// <summary>A new schema of the words of an enum.</summary>
    public static JsonObject Schema(Type type) => Schema(Of(type));

    public static JsonObject Schema(IEnumerable<string> words) => new() { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) };

    /// <summary>Those of every <see cref="RequestRefusal"/> there is.</summary>
    public static IEnumerable<string> OfRefusals()
    {
        const BindingFlags Made = BindingFlags.Public | BindingFlags.Static;
        IEnumerable<object?> fixedOnes = typeof(RequestRefusal).GetProperties(Made).Select(property => property.GetValue(null));
        IEnumerable<object?> explained = typeof(RequestRefusal).GetMethods(Made)
            .Where(method => method.ReturnType == typeof(RequestRefusal) && method.GetParameters() is [{ ParameterType: var only }] && only == typeof(string))
            .Select(method => method.Invoke(null, [""]));
        return fixedOnes.Concat(explained).OfType<RequestRefusal>().Select(refusal => refusal.Reason).Append(NotFound).Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>Those of every error that a client is told on its connection.</summary>
    public static IEnumerable<string> OfErrors() =>
        ClientResponse.Reasons.Concat(CommandOutcomes.All.Where(outcome => outcome != CommandOutcome.Published).Select(CommandOutcomes.ToWireName)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Of(Type type)
    {
        if (type == typeof(GapCause)) return Enum.GetValues<GapCause>().Select(GapCauses.ToWireName);
        if (type == typeof(ResumeFailure)) return Enum.GetValues<ResumeFailure>().Select(ResumeFailures.ToWireName);
        if (type == typeof(CloseReason)) return Enum.GetValues<CloseReason>().Where(reason => reason.CanBeSent() && reason != CloseReason.PeerClosed).Select(CloseReasons.ToWireName);
        return Enum.GetNames(type).Select(name => name.ToLowerInvariant());
    }
}
