namespace Cecelia.Relay.Cli;

/// <summary>Publishes a stream of lines in order, with a bounded number of outstanding replies. For one run and one caller.</summary>
/// <param name="publish">Sends one payload; returns the number of subscribers that received it.</param>
/// <param name="raw">Whether to publish lines without checking them.</param>
/// <param name="error">Receives a message for each line that is not published.</param>
/// <param name="findError">An additional check of lines, which returns null for a valid one. Not used with <paramref name="raw"/>.</param>
internal sealed class LinePublisher(Func<byte[], Task<long>> publish, bool raw, TextWriter error, Func<byte[], string?>? findError = null)
{
    /// <summary>Maximum number of outstanding replies. Covers a round trip of 1 ms at 200,000 lines per second.</summary>
    public const int MaxOutstanding = 256;

    private readonly Queue<Task<long>> _outstanding = new();

    public int Published { get; private set; }

    /// <summary>Number of lines that were not published because they are not events.</summary>
    public int Invalid { get; private set; }

    /// <summary>Number of subscribers that received the last event.</summary>
    public long Receivers { get; private set; }

    /// <summary>Publishes until the end of the stream. Rethrows what <c>publish</c> throws; the counts then include what had been answered before.</summary>
    public async Task RunAsync(Stream lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach ((int number, byte[] line) in LineReader.ReadAsync(lines, cancellationToken))
            {
                if (!raw && (EventText.FindError(line) ?? findError?.Invoke(line)) is { } reason)
                {
                    Invalid++;
                    await error.WriteLineAsync($"line {number}: {reason}");
                    continue;
                }

                _outstanding.Enqueue(publish(line));
                while (_outstanding.Count >= MaxOutstanding || (_outstanding.TryPeek(out Task<long>? oldest) && oldest.IsCompleted)) await AwaitOldestAsync();
            }
        }
        finally
        {
            await DrainAsync();
        }
    }

    /// <summary>Waits for every reply, then throws the first failure.</summary>
    private async Task DrainAsync()
    {
        Task<long>[] rest = [.. _outstanding];
        _outstanding.Clear();
        Task all = Task.WhenAll(rest);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Task<long> reply in rest.Where(reply => reply.IsCompletedSuccessfully))
        {
            Receivers = await reply;
            Published++;
        }

        await all;
    }

    private async Task AwaitOldestAsync()
    {
        Receivers = await _outstanding.Dequeue();
        Published++;
    }
}
