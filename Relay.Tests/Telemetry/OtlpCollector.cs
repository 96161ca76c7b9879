using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>A request that a collector received. The body is protobuf, with one character for each byte, so that it can be searched for names.</summary>
internal sealed record OtlpRequest(string Path, string Body, string? Authorization);

/// <summary>A collector for OTLP over HTTP in this process. It stores what it receives, or reads it and never responds.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpRequest> _requests = new();
    private readonly CancellationTokenSource _end = new();

    private OtlpCollector(bool responds)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _requests.Enqueue(new OtlpRequest(context.Request.Path, Encoding.Latin1.GetString(body.ToArray()), context.Request.Headers.Authorization));
            if (!responds) await Task.Delay(Timeout.Infinite, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // An empty message: everything was accepted.
            context.Response.ContentType = "application/x-protobuf";
        });
    }

    public string Url => _app.Urls.Single();

    public IReadOnlyCollection<OtlpRequest> Requests => _requests;

    public static async Task<OtlpCollector> StartAsync(bool responds = true)
    {
        var collector = new OtlpCollector(responds);
        await collector._app.StartAsync().Within();
        return collector;
    }

    /// <summary>Returns all bodies that were sent to a path.</summary>
    public string Text(string path) => string.Concat(_requests.Where(request => request.Path == path).Select(request => request.Body));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _app.DisposeAsync().AsTask().Within();
        _end.Dispose();
    }
}
