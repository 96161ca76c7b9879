namespace Cecelia.Relay.Cli;

/// <summary>Publishes a stream of lines in order, with a bounded number of answers outstanding. One run, one caller.</summary>
/// <param name="publish">Sends one payload; gives the number of subscribers that received it.</param>
/// <param name="raw">Sends whatever a line holds.</param>
/// <param name="error">Told of each line that is no event.</param>
/// <param name="findMistake">What makes a line no event for this publishing, beside what makes it none for all; null: nothing. Not asked when raw.</param>
internal sealed class LinePublisher(Func<byte[], Task<long>> publish, bool raw, TextWriter error, Func<byte[], string?>? findMistake = null)
{
    /// <summary>Enough to hide a round trip of 1 ms at 200,000 lines a second.</summary>
    public const int MaxOutstanding = 256;

    private readonly Queue<Task<long>> _outstanding = new();

    public int Published { get; private set; }

    /// <summary>Lines that were not sent because they are no event.</summary>
    public int Mistaken { get; private set; }

    /// <summary>Subscribers that received the last one.</summary>
    public long Receivers { get; private set; }

    /// <summary>Until the end of the stream. What is thrown by the publishing is thrown on; the counts hold what had been answered before.</summary>
    public async Task RunAsync(Stream lines, CancellationToken cancellationToken)
    {
        try
        {
            await foreach ((int number, byte[] line) in LineReader.ReadAsync(lines, cancellationToken))
            {
                if (!raw && (EventText.FindMistake(line) ?? findMistake?.Invoke(line)) is { } mistake)
                {
                    Mistaken++;
                    await error.WriteLineAsync($"line {number}: {mistake}");
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

    /// <summary>Waits for every answer, whatever the others were; throws what the first failure threw.</summary>
    private async Task DrainAsync()
    {
        Task<long>[] rest = [.. _outstanding];
        _outstanding.Clear();
        Task all = Task.WhenAll(rest);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Task<long> answer in rest.Where(answer => answer.IsCompletedSuccessfully))
        {
            Receivers = await answer;
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
