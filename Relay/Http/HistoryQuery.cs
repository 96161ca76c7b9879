using System.Globalization;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>
/// Reads the parameters <c>before</c>, <c>since</c>, <c>limit</c> and <c>base</c> from a request's query (PROTOCOL.md, <i>History over HTTP</i>).
/// </summary>
internal static class HistoryQuery
{
    /// <summary>Number of events in a page if the request has no limit.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Returns null if the parameters are valid, otherwise the refusal.</summary>
    public static RequestRefusal? Read(HttpRequest request, Filter filter, out HistoryRequest history)
    {
        history = new HistoryRequest { Filter = filter, Limit = DefaultLimit };
        if (!TryRead(request.Query["before"], out StreamPosition? before) || !TryRead(request.Query["since"], out StreamPosition? since))
        {
            return RequestRefusal.BadPosition;
        }

        if (!TryRead(request.Query["limit"], DefaultLimit, out int limit) || limit > HistoryReader.MaxLimit) return RequestRefusal.BadLimit;
        history = history with { Before = before, Since = since, Limit = limit };
        StringValues number = request.Query["base"];
        if (number.Count == 0) return null;
        int maxEntries = int.MaxValue;
        bool isValid = number is [""] || TryRead(number, int.MaxValue, out maxEntries);
        if (!isValid || before is not null || since is not null) return RequestRefusal.BadBase;
        history = history with { HasBase = true, MaxBaseEntries = maxEntries };
        return null;
    }

    private static bool TryRead(StringValues value, out StreamPosition? position)
    {
        position = null;
        if (value.Count == 0) return true;
        if (value.Count > 1 || !StreamPosition.TryParse(value[0], out StreamPosition found)) return false;
        position = found;
        return true;
    }

    private static bool TryRead(StringValues value, int absent, out int number)
    {
        number = absent;
        return value.Count == 0 || (value.Count == 1 && int.TryParse(value[0], NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1);
    }
}
