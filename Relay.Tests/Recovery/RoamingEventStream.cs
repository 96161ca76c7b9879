using System.Net.Http.Headers;
using System.Net;
using System.Text;
using Xunit.Sdk;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// A page with an <c>EventSource</c>, which reconnects with <c>Last-Event-ID</c>, and validates what it receives with a <see cref="RoamingSequence"/>. As in a
/// browser, a response other than 200 ends it permanently: that is an error.
/// </summary>
internal sealed class RoamingEventStream : IAsyncDisposable
{
    private const int LongestWaitMs = 200;
    private static readonly HttpClient Client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _address;
    private readonly CancellationTokenSource _stop = new();
    private readonly RoamingSequence _sequence = new();
    private readonly Task _running;
    private string _lastEventId = "";

    public RoamingEventStream(Uri address)
    {
        _address = address;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The number of the next expected event.</summary>
    public int Next => _sequence.Next;

    /// <summary>Number of times that it was connected.</summary>
    public int Connections => _sequence.Connections;

    /// <summary>The first error, or null.</summary>
    public string? Error => _sequence.Error;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (Error is null)
        {
            _sequence.RetryMs = LongestWaitMs;
            try
            {
                await ReceiveAsync();
            }
            catch (Exception aborted) when (aborted is HttpRequestException or IOException && !_stop.IsCancellationRequested)
            {
                // The connection was refused or aborted: a browser reconnects.
            }
            catch (Exception fault) when (fault is XunitException or FormatException or TimeoutException && !_stop.IsCancellationRequested)
            {
                _sequence.Fail(fault.Message);
            }

            await Task.Delay(Math.Min(_sequence.RetryMs, LongestWaitMs), _stop.Token);
        }
    }

    private async Task ReceiveAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (_lastEventId.Length > 0) request.Headers.TryAddWithoutValidation("Last-Event-ID", _lastEventId);
        using HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            _sequence.Fail($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(_stop.Token)}");
            return;
        }

        using CancellationTokenRegistration abort = _stop.Token.Register(response.Dispose);
        using var reader = new EventStreamReader(await response.Content.ReadAsStreamAsync(_stop.Token));
        while (await reader.ReadAsync() is { } next)
        {
            _lastEventId = next.LastEventId;
            _sequence.Validate(Encoding.UTF8.GetBytes(next.Data));
        }
    }
}
