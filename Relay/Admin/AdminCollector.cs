using System.Buffers;

namespace Cecelia.Relay.Admin;

/// <summary>Collects the answers to one question, and their parts. Bounded in bytes. Thread-safe.</summary>
internal sealed class AdminCollector
{
    /// <summary>Maximum size of a part, in bytes.</summary>
    public const int PartBytes = 192 * 1024;

    /// <summary>Maximum size of all answers, in bytes.</summary>
    private const long MaxBytes = 32L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReadOnlyMemory<byte>?[]> _parts = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _expected = int.MaxValue;
    private long _bytes;

    /// <summary>Why an answer was not used; null if all were.</summary>
    public string? Fault { get; private set; }

    /// <summary>The complete answers so far, by the name of the instance.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Answers
    {
        get
        {
            lock (_gate) return new Dictionary<string, ReadOnlyMemory<byte>>(_answers, StringComparer.Ordinal);
        }
    }

    /// <summary>Adds a part of an answer.</summary>
    public void Add(string instance, int part, int parts, ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            if (_answers.ContainsKey(instance) || parts > MaxBytes / PartBytes) return;
            if (_bytes + bytes.Length > MaxBytes)
            {
                Fault = "the answers of all instances together are too large; ask one of them with ?local";
                return;
            }

            if (!_parts.TryGetValue(instance, out ReadOnlyMemory<byte>?[]? arrived)) _parts.Add(instance, arrived = new ReadOnlyMemory<byte>?[parts]);
            if (arrived.Length != parts || arrived[part] is not null) return;
            (arrived[part], _bytes) = (bytes, _bytes + bytes.Length);
            if (arrived.Any(one => one is null)) return;
            var joined = new ArrayBufferWriter<byte>(arrived.Sum(one => one!.Value.Length) + 1);
            foreach (ReadOnlyMemory<byte>? one in arrived) joined.Write(one!.Value.Span);
            ReadOnlyMemory<byte> answer = joined.WrittenMemory;
            _parts.Remove(instance);
            if (AdminMessage.IsObject(answer)) _answers.Add(instance, answer);
            else Fault = $"the answer of {instance} cannot be read";
            if (_answers.Count >= _expected) _complete.TrySetResult();
        }
    }

    /// <summary>Returns when the expected number of answers has arrived, or after the deadline.</summary>
    public async Task WaitAsync(int expected, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _expected = expected;
            if (_answers.Count >= expected) return;
        }

        await _complete.Task.WaitAsync(deadline, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
