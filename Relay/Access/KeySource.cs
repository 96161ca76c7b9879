using System.Security.Cryptography;
using Cecelia.Relay.Files;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Access;

/// <summary>
/// Loads the keys that tokens are checked with, and loads them again: a file when it has changed, a URL periodically, and either when a token names an unknown
/// key. When that fails, the keys that were loaded before stay in use. Thread-safe.
/// </summary>
internal sealed partial class KeySource : IDisposable
{
    /// <summary>Interval at which a file is read again.</summary>
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(2);

    /// <summary>Interval at which a URL is requested again.</summary>
    private static readonly TimeSpan UrlInterval = TimeSpan.FromMinutes(5);

    /// <summary>Delay after a failed request, while there are keys and while there are none.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstRetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Deadline of a request: a client with a new key waits for it.</summary>
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TokenOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<KeySource> _logger;
    private readonly ReasonLog _reasons;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = RequestDeadline })
    {
        Timeout = RequestDeadline,
        MaxResponseContentBufferSize = TokenOptions.MaxKeysBytes,
    };
    private Task? _loading;
    private long _unknownAt;
    private byte[] _content = [];
    private volatile VerificationKeys? _current;
    private volatile KeysFault? _fault;
    private long _failures;

    public KeySource(TokenOptions options, TimeProvider time, ILogger<KeySource> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _reasons = new ReasonLog(time);
    }

    /// <summary>The keys in use; null until they have been loaded for the first time.</summary>
    public VerificationKeys? Current => _current;

    /// <summary>The failure of the last load; null if it succeeded, or there was none yet.</summary>
    public KeysFault? Fault => _fault;

    /// <summary>Number of failed loads.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Keeps the keys current until it is cancelled. The body of a duty.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await LoadAsync().WaitAsync(cancellationToken);
            TimeSpan delay = _options.KeysUrl is null ? FileInterval
                : _fault is null ? UrlInterval
                : _current is null ? FirstRetryInterval
                : RetryInterval;
            await Task.Delay(delay, _time, cancellationToken);
        }
    }

    /// <summary>
    /// Loads the keys because a token names one that is unknown. Does nothing if that has happened within <see cref="TokenOptions.UnknownKeyInterval"/>, so
    /// that clients cannot cause many requests. Throws nothing but a cancellation.
    /// </summary>
    public Task LoadForUnknownAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // A load that is under way may have begun before the key was published, but it is the best that there is.
            if (_loading is { IsCompleted: false }) return _loading.WaitAsync(cancellationToken);
            if (_unknownAt != 0 && _time.GetElapsedTime(_unknownAt) < _options.UnknownKeyInterval) return Task.CompletedTask;
            _unknownAt = _time.GetTimestamp();
        }

        return LoadAsync().WaitAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Loads the keys, or waits for the load that is under way. Throws nothing.</summary>
    private Task LoadAsync()
    {
        lock (_gate)
        {
            if (_loading is null || _loading.IsCompleted) _loading = Task.Run(LoadOnceAsync);
            return _loading;
        }
    }

    private async Task LoadOnceAsync()
    {
        try
        {
            Uri? url = _options.KeysUrl;
            byte[] content = url is null ? SmallFile.Read(_options.Keys, TokenOptions.MaxKeysBytes) : await _http.GetByteArrayAsync(url);
            if (!content.AsSpan().SequenceEqual(_content) || _current is null)
            {
                var keys = VerificationKeys.Parse(content, isSecret: url is null);
                (_content, _current) = (content, keys);
                LogLoaded(_logger, keys.Count);
            }

            _fault = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException or OperationCanceledException
            or FormatException or ObjectDisposedException or CryptographicException or OutOfMemoryException)
        {
            string reason = failure is OperationCanceledException ? "no answer in time" : failure.Message;
            Interlocked.Increment(ref _failures);
            _fault = new KeysFault(_fault?.Since ?? _time.GetUtcNow(), reason);
            if (_reasons.MayLog(reason)) LogFailed(_logger, reason, _current is null ? "there are none yet" : "the previous ones stay in use");
        }
    }
}

/// <summary>A failed load of the keys.</summary>
/// <param name="Since">The time of the first of the failures.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record KeysFault(DateTimeOffset Since, string Reason);
