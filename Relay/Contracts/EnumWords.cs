using Cecelia.Relay.Views;

namespace Cecelia.Relay.Contracts;

/// <summary>The wire's words for the members of each enum that contracts use, from where they are defined.</summary>
internal static class EnumWords
{
    public static IEnumerable<string> Of(Type type)
    {
        if (type == typeof(GapCause)) return Enum.GetValues<GapCause>().Select(GapCauses.Word);
        return Enum.GetNames(type).Select(name => name.ToLowerInvariant());
    }
}
