using System.Globalization;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Minutes;
using Microsoft.Extensions.Primitives;

namespace Cecelia.Relay.Http;

/// <summary>Serves the minutes of the last day (PROTOCOL.md, <i>Minutes over HTTP</i>).</summary>
internal sealed class MinutesEndpoint(MinutesReader minutes)
{
    /// <summary>Number of minutes if the request does not say how many.</summary>
    public const int DefaultCount = 60;

    /// <summary>Responds to a GET of a page that may read the response.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (Read(context, out MinutesQuery? query) is { } refusal)
        {
            await refusal.AnswerAsync(context);
            return;
        }

        using MinutesPage? page = minutes.TryRead(query!);
        if (page is null)
        {
            await RequestRefusal.Overloaded.AnswerAsync(context);
            return;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await TimedResponseWriter.WriteAsync(context, page.Body);
    }

    private static RequestRefusal? Read(HttpContext context, out MinutesQuery? query)
    {
        query = null;
        if (FilterQuery.Read(context.Request, out Filter filter) is { } badFilter) return badFilter;
        if (filter.Tasks.Count + filter.Executions.Count + filter.Names.Count > 0) return RequestRefusal.BadFilter("Minutes can be filtered by project only");
        StringValues number = context.Request.Query["minutes"];
        int count = DefaultCount;
        bool isNumber = number.Count == 0 || (number.Count == 1 && int.TryParse(number[0], NumberStyles.None, CultureInfo.InvariantCulture, out count));
        if (!isNumber || count is < 1 or > MinuteTable.Minutes) return RequestRefusal.BadMinutes;
        query = new MinutesQuery(count, filter.Projects.Count == 0 ? null : [.. filter.Projects], context.FindGrant()?.Rights.Visible ?? Filter.None);
        return null;
    }
}
