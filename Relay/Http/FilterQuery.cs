using Cecelia.Relay.Connections;
using Cecelia.Relay.Filters;

namespace Cecelia.Relay.Http;

/// <summary>Reads the filter from a request's query (PROTOCOL.md, <i>Filters</i>).</summary>
internal static class FilterQuery
{
    public static IReadOnlyList<string> Parameters { get; } = ["project", "task", "execution", "events"];

    /// <summary>Returns null if the query is a valid filter, otherwise the refusal.</summary>
    public static RequestRefusal? Read(HttpRequest request, out Filter filter)
    {
        filter = Filter.None;
        if (!request.QueryString.HasValue) return null;
        IQueryCollection query = request.Query;
        return Filter.TryMake(query["project"], query["task"], query["execution"], query["events"], out filter, out string? error)
            ? null
            : RequestRefusal.BadFilter(error!);
    }
}
