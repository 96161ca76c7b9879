using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Http;

/// <summary>The addresses of WebSockets (PROTOCOL.md, <i>Endpoints</i>): what a client gets that asks for each, and in which wire format.</summary>
internal static class WebSocketAddress
{
    public const string All = "/ws";
    public const string Project = "/ws/projects/";
    public const string Execution = "/api/v1/ws/executions/";

    /// <summary>Of <see cref="All"/>: the format is a parameter. Null if the request is one, otherwise what is wrong with it; so for the others.</summary>
    public static RequestRefusal? ReadAll(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.Cecelia;
        if (FilterQuery.Read(context.Request, out filter) is { } refusal) return refusal;
        if (!context.Request.QueryString.HasValue) return null;
        string named = context.Request.Query["format"].ToString();
        format = named == "tasktree" ? WireFormat.TaskTree : WireFormat.Cecelia;
        return named is "" or "cecelia" or "tasktree" ? null : RequestRefusal.BadFilter("The format is cecelia or tasktree");
    }

    /// <summary>Of <see cref="Project"/> and an id.</summary>
    public static RequestRefusal? ReadProject(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.TaskTree;
        filter = Filter.None;
        IQueryCollection query = context.Request.Query;
        if (query.ContainsKey("project")) return RequestRefusal.BadFilter("The address names the project");
        string id = RequestPath.IdOf(context, Project);
        return Filter.TryMakeOfProject(id, query["task"], query["execution"], query["events"], out filter, out string? why) ? null : RequestRefusal.BadFilter(why!);
    }

    /// <summary>Of <see cref="Execution"/> and an id.</summary>
    public static RequestRefusal? ReadExecution(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.Execution;
        filter = Filter.None;
        IQueryCollection query = context.Request.Query;
        if (FilterQuery.Parameters.Any(query.ContainsKey)) return RequestRefusal.BadFilter("The address is the filter here; include=nodes,logs asks for more about the execution");
        string[] include = [.. query["include"].SelectMany(text => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        if (include.Any(word => word is not ("nodes" or "logs"))) return RequestRefusal.BadFilter("include is nodes, logs or both, by comma");
        IReadOnlyList<string> names = ExecutionFrames.Names(include.Contains("nodes"), include.Contains("logs"));
        return Filter.TryMakeOfExecution(RequestPath.IdOf(context, Execution), names, out filter, out string? why) ? null : RequestRefusal.BadFilter(why!);
    }
}

/// <summary>Reads what a request for a WebSocket asks for; null if that can be had.</summary>
internal delegate RequestRefusal? ReadAddress(HttpContext context, out Filter filter, out WireFormat format);
