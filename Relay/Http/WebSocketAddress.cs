using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Http;

/// <summary>The addresses of WebSockets (PROTOCOL.md, <i>Endpoints</i>), and the filter and wire format of each.</summary>
internal static class WebSocketAddress
{
    public const string All = "/ws";
    public const string Project = "/ws/projects/";
    public const string Execution = "/api/v1/ws/executions/";

    /// <summary>Reads a request to <see cref="All"/>, whose format is a parameter. Returns null if the request is valid, otherwise the refusal.</summary>
    public static RequestRefusal? ReadAll(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.Cecelia;
        if (FilterQuery.Read(context.Request, out filter) is { } refusal) return refusal;
        if (!context.Request.QueryString.HasValue) return null;
        string name = context.Request.Query["format"].ToString();
        format = name == "tasktree" ? WireFormat.TaskTree : WireFormat.Cecelia;
        return name is "" or "cecelia" or "tasktree" ? null : RequestRefusal.BadFilter("The format must be cecelia or tasktree");
    }

    /// <summary>Reads a request to <see cref="Project"/> and an id. Returns null if the request is valid, otherwise the refusal.</summary>
    public static RequestRefusal? ReadProject(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.TaskTree;
        filter = Filter.None;
        IQueryCollection query = context.Request.Query;
        if (query.ContainsKey("project")) return RequestRefusal.BadFilter("The address already contains the project");
        string id = RequestPath.IdOf(context, Project);
        return Filter.TryMakeOfProject(id, query["task"], query["execution"], query["events"], out filter, out string? error)
            ? null
            : RequestRefusal.BadFilter(error!);
    }

    /// <summary>Reads a request to <see cref="Execution"/> and an id. Returns null if the request is valid, otherwise the refusal.</summary>
    public static RequestRefusal? ReadExecution(HttpContext context, out Filter filter, out WireFormat format)
    {
        format = WireFormat.Execution;
        filter = Filter.None;
        IQueryCollection query = context.Request.Query;
        if (FilterQuery.Parameters.Any(query.ContainsKey))
        {
            return RequestRefusal.BadFilter("This address takes no filter; include=nodes,logs adds messages about the execution");
        }

        string[] include =
        [
            .. query["include"].SelectMany(text => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ];
        if (include.Any(name => name is not ("nodes" or "logs"))) return RequestRefusal.BadFilter("include must be nodes, logs or both, separated by a comma");
        IReadOnlyList<string> names = ExecutionFrames.Names(include.Contains("nodes"), include.Contains("logs"));
        return Filter.TryMakeOfExecution(RequestPath.IdOf(context, Execution), names, out filter, out string? error) ? null : RequestRefusal.BadFilter(error!);
    }
}

/// <summary>Reads the filter and wire format of a request for a WebSocket. Returns null if the request is valid, otherwise the refusal.</summary>
internal delegate RequestRefusal? ReadAddress(HttpContext context, out Filter filter, out WireFormat format);
