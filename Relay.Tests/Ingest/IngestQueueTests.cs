using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>Entries that are held back until a task has completed.</summary>
public sealed class IngestQueueTests : IDisposable
{
    private readonly IngestQueue _queue = new(new IngestOptions());

    [Fact]
    public void Held_entries_follow_the_one_that_was_given_and_keep_their_order()
    {
        var settled = new TaskCompletionSource();
        foreach (byte n in (byte[])[1, 2]) _queue.TryAdd([], [n], 1);
        Assert.True(_queue.TryTake(out IngestItem first));

        _queue.Hold(settled.Task, first);
        _queue.TryAdd([], [3], 1);
        Assert.False(_queue.TryTake(out _));
        settled.SetResult();

        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(_ => _queue.TryTake(out IngestItem item) ? item.Payload[0] : 0));
        Assert.False(_queue.TryTake(out _));
        Assert.Equal(0, _queue.Bytes);
    }

    [Fact]
    public async Task Wait_ends_when_the_task_completes()
    {
        var settled = new TaskCompletionSource();
        _queue.Hold(settled.Task, new IngestItem([], [], () => { }));
        Task waiting = Task.Factory.StartNew(() => _queue.Wait(Timeout.InfiniteTimeSpan), TaskCreationOptions.LongRunning);

        _queue.TryAdd([], [1], 1);
        settled.SetResult();

        await waiting.Within();
    }

    [Fact]
    public void Dropped_messages_are_not_reported_while_entries_are_held_back()
    {
        using var small = new IngestQueue(new IngestOptions { QueueBytes = 1 });
        var settled = new TaskCompletionSource();
        small.Hold(settled.Task, new IngestItem([], [1]));
        Assert.False(small.TryAdd([], [2], 1));
        Assert.False(small.TryTake(out _));

        settled.SetResult();

        Assert.True(small.TryTake(out IngestItem held));
        Assert.True(small.TryTake(out IngestItem notice));
        Assert.Equal(1, held.Payload[0]);
        Assert.Equal(1, notice.Dropped);
    }

    public void Dispose() => _queue.Dispose();
}
