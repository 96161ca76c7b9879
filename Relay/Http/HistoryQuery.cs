using System.Globalization;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>Reads the parameters <c>before</c> and <c>limit</c> from a request's query (PROTOCOL.md, <i>History over HTTP</i>).</summary>
internal static class HistoryQuery
{
    /// <summary>Number of events in a page if the request has no limit.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Returns null if the parameters are valid, otherwise the refusal.</summary>
    public static RequestRefusal? Read(HttpRequest request, out StreamPosition? before, out int limit)
    {
        (before, limit) = (null, DefaultLimit);
        StringValues position = request.Query["before"];
        if (position.Count > 0)
        {
            if (position.Count > 1 || !StreamPosition.TryParse(position[0], out StreamPosition found)) return RequestRefusal.BadPosition;
            before = found;
        }

        StringValues number = request.Query["limit"];
        if (number.Count == 0) return null;
        bool isNumber = number.Count == 1 && int.TryParse(number[0], NumberStyles.None, CultureInfo.InvariantCulture, out limit);
        return isNumber && limit is >= 1 and <= HistoryReader.MaxLimit ? null : RequestRefusal.BadLimit;
    }
}
