using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Events;
using CsCheck;

namespace Cecelia.Relay.Tests.State;

/// <summary>The state at the beginning of a generation is made from the current state and the undo copies.</summary>
public sealed class UndoCopiesTests
{
    [Fact]
    public void Changed_entity_is_as_it_was_and_unchanged_one_as_it_is()
    {
        var table = new UndoneTable();
        table.Apply(Task("created", "t1"), Task("created", "t2"));
        UndoGeneration generation = table.Begin();
        table.Apply(Task("started", "t1"), Task("completed", "t1"));

        Assert.Equal(["t1 queued", "t2 queued"], table.TasksAt(generation));
        Assert.Equal(["t1 completed", "t2 queued"], table.Tasks());
    }

    [Fact]
    public void Created_entity_did_not_exist_and_deleted_one_did()
    {
        var table = new UndoneTable();
        table.Apply(Task("created", "old"));
        UndoGeneration generation = table.Begin();
        table.Apply(Task("created", "new"), """{"event":"task_deleted","data":{"id":"old"}}""");

        Assert.Equal(["old queued"], table.TasksAt(generation));
        Assert.Equal(["new queued"], table.Tasks());
    }

    [Fact]
    public void Entity_that_was_deleted_and_created_again_is_as_it_was_before_the_deletion()
    {
        var table = new UndoneTable();
        table.Apply(Task("completed", "t1"));
        UndoGeneration generation = table.Begin();
        table.Apply("""{"event":"task_deleted","data":{"id":"t1"}}""", Task("created", "t1"), Task("started", "t1"));

        Assert.Equal(["t1 completed"], table.TasksAt(generation));
    }

    [Fact]
    public void Each_generation_has_its_own_moment()
    {
        var table = new UndoneTable();
        UndoGeneration empty = table.Begin();
        table.Apply(Task("created", "t1"));
        UndoGeneration queued = table.Begin();
        table.Apply(Task("started", "t1"), Task("created", "t2"));
        UndoGeneration running = table.Begin();
        table.Apply(Task("completed", "t1"));

        Assert.Empty(table.TasksAt(empty));
        Assert.Equal(["t1 queued"], table.TasksAt(queued));
        Assert.Equal(["t1 running", "t2 queued"], table.TasksAt(running));
    }

    [Fact]
    public void Eviction_is_listed_with_the_newest_entry_at_that_time()
    {
        var table = new UndoneTable(new StateOptions { MaxEntities = 2 });
        table.Apply(Task("completed", "t1"), Task("created", "t2"));
        UndoGeneration generation = table.Begin();
        table.Apply(Task("started", "t2"), Task("created", "t3"), Task("created", "t4"));

        Assert.Equal(["t1 completed", "t2 queued"], table.TasksAt(generation));
        Assert.Equal(["t1 4", "t2 5"], table.EvictedSince(generation));
    }

    [Fact]
    public void Entity_at_the_end_of_its_retention_time_is_listed_as_evicted()
    {
        var table = new UndoneTable(new StateOptions { TerminalKept = TimeSpan.FromSeconds(10) });
        table.Apply(Task("completed", "t1"));
        UndoGeneration generation = table.Begin();
        table.Apply(Task("created", "t2"));
        table.Table.Trim(Reduced.Start + 60_000);

        Assert.Equal(["t1 completed"], table.TasksAt(generation));
        Assert.Equal(["t1 2"], table.EvictedSince(generation));
        Assert.Equal(["t2 queued"], table.Tasks());
    }

    [Fact]
    public void Entity_is_uncertain_if_a_gap_preceded_the_generation()
    {
        var table = new UndoneTable();
        table.Apply(Task("created", "certain"), Task("created", "changed"));
        UndoGeneration before = table.Begin();
        table.Table.NoteGap();
        UndoGeneration behind = table.Begin();
        table.Apply(Task("started", "changed"));

        Assert.Equal(["certain queued", "changed queued"], table.TasksAt(before));
        Assert.Equal(["certain queued uncertain", "changed queued uncertain"], table.TasksAt(behind));
        Assert.Equal(["certain queued uncertain", "changed running"], table.Tasks());
    }

    [Fact]
    public void Entity_that_changed_between_the_gap_and_the_generation_is_certain()
    {
        var table = new UndoneTable();
        table.Apply(Task("created", "t1"));
        table.Table.NoteGap();
        table.Apply(Task("started", "t1"));
        UndoGeneration generation = table.Begin();
        table.Table.NoteGap();
        table.Apply(Task("progress", "t1"));

        Assert.Equal(["t1 running"], table.TasksAt(generation));
    }

    [Fact]
    public void Numbers_that_a_restart_of_the_publisher_removed_are_still_there()
    {
        var table = new UndoneTable();
        table.Apply("""{"event":"task:created","data":{"taskId":"t1"},"source":"s","seq":7}""");
        UndoGeneration generation = table.Begin();
        table.Forget("""{"event":"task:created","data":{"taskId":"t2"},"source":"s","seq":1}""");

        Assert.Contains("\"seq\":7", Assert.Single(table.TextsAt(generation)), StringComparison.Ordinal);
        Assert.DoesNotContain("seq", Assert.Single(table.Texts()), StringComparison.Ordinal);
    }

    [Fact]
    public void Selection_applies_to_the_ids_that_the_entity_had()
    {
        var table = new UndoneTable();
        table.Apply("""{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1","execution_id":"e1"}""");
        UndoGeneration generation = table.Begin();
        table.Apply("""{"event":"task:started","data":{"taskId":"t1"},"project_id":"p2","execution_id":"e2"}""");

        Assert.Single(table.TextsAt(generation, new StateSelection { ProjectIds = new ValueSet("p1"u8.ToArray()) }));
        Assert.Empty(table.TextsAt(generation, new StateSelection { ProjectIds = new ValueSet("p2"u8.ToArray()) }));
        Assert.Single(table.TextsAt(generation, new StateSelection { ExecutionIds = new ValueSet("e1"u8.ToArray()) }));
        Assert.Empty(table.TextsAt(generation, new StateSelection { ExecutionIds = new ValueSet("e2"u8.ToArray()) }));
        Assert.Empty(table.TextsAt(generation, new StateSelection { Kinds = EntityKinds.Node }));
    }

    [Fact]
    public void Text_is_copied_once_in_a_generation()
    {
        var table = new UndoneTable();
        table.Begin();
        string token = $$$"""{"event":"token_stream","data":{"token":"{{{new string('x', 100)}}}"},"node_id":"n1","execution_id":"e1"}""";
        table.Apply([.. Enumerable.Repeat(token, 1000)]);
        UndoGeneration generation = table.Begin();
        long before = table.Undo.Bytes;
        table.Apply([.. Enumerable.Repeat(token, 1000)]);

        Assert.InRange(table.Undo.Bytes - before, 1, 64 * 1024);
        Assert.Contains("\"text_bytes\":100000", Assert.Single(table.TextsAt(generation)), StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_beyond_the_bound_drop_the_oldest_generation()
    {
        var table = new UndoneTable(maxBytes: 512 * 1024);
        UndoGeneration first = table.Begin();
        table.Apply([.. Enumerable.Range(0, 200).Select(i => Large($"t{i}"))]);
        for (int generation = 0; generation < 20; generation++)
        {
            table.Begin();
            table.Apply([.. Enumerable.Range(0, 100).Select(i => Large($"t{i}"))]);
            Assert.InRange(table.Undo.Bytes, 1, 512 * 1024);
        }

        Assert.DoesNotContain(first, table.Undo.Generations);
        Assert.InRange(table.Undo.Generations.Count, 2, 8);
        Assert.False(table.Undo.IsLost);
    }

    [Fact]
    public void Generation_that_does_not_fit_is_lost_until_the_next_one_begins()
    {
        var table = new UndoneTable(maxBytes: 256 * 1024);
        table.Apply([.. Enumerable.Range(0, 500).Select(i => Large($"t{i}"))]);
        table.Begin();
        table.Apply([.. Enumerable.Range(0, 500).Select(i => Large($"t{i}"))]);

        Assert.True(table.Undo.IsLost);
        Assert.Empty(table.Undo.Generations);
        Assert.InRange(table.Undo.Bytes, 0, 256 * 1024);
        UndoGeneration generation = table.Begin();
        table.Apply(Task("failed", "t1"));
        Assert.Equal(500, table.TextsAt(generation).Length);
        Assert.Contains("t1 running", table.TasksAt(generation));
    }

    [Fact]
    public void Memory_of_a_dropped_generation_is_not_reused_while_it_is_read()
    {
        var table = new UndoneTable();
        table.Apply(Task("created", "t1"));
        UndoGeneration generation = table.Begin();
        table.Apply(Task("started", "t1"));
        using var copy = new StateCopy();
        StateBase reading = table.Table.CopyBase(copy, StateSelection.All, generation);
        table.Begin();
        table.Undo.DropOldest();
        table.Apply(Task("completed", "t1"), Task("created", "t2"));

        reading.CopyChangedTo(copy, StateSelection.All);
        table.Undo.EndRead();

        Assert.Contains("queued", Decoding.Text(copy[0]), StringComparison.Ordinal);
        Assert.Equal(1, copy.Count);
    }

    /// <summary>Whatever the events are, and whenever generations begin, each of them leads to the state that there was.</summary>
    [Fact]
    public void State_of_every_generation_is_the_one_that_there_was() =>
        Gen.Select(RandomEvents.Many(1, 300), Gen.Int[1, 40], Gen.Int[3, 60]).Sample(
            (events, length, limit) =>
            {
                var table = new UndoneTable(new StateOptions { MaxEntities = limit, MaxTextBytes = 64, MaxChanges = 3 });
                var moments = new List<(UndoGeneration Generation, string[] Texts)>();
                for (int i = 0; i < events.Length; i++)
                {
                    if (i % length == 0) moments.Add((table.Begin(), Sorted(table.Texts())));
                    if (i % 23 == 22) table.Table.NoteGap();
                    table.TryApply(events[i]);
                }

                foreach ((UndoGeneration generation, string[] texts) in moments) Assert.Equal(texts, Sorted(table.TextsAt(generation)));
            },
            iter: 200);

    private static string[] Sorted(string[] texts) => [.. texts.Order(StringComparer.Ordinal)];

    private static string Task(string what, string id) => $$$"""{"event":"task:{{{what}}}","data":{"taskId":"{{{id}}}"}}""";

    private static string Large(string id) => $$$"""{"event":"task:progress","data":{"taskId":"{{{id}}}","note":"{{{new string('x', 500)}}}"}}""";

    /// <summary>A state table with undo copies. Each event is an entry; entry 0 is the origin of the journal.</summary>
    private sealed class UndoneTable
    {
        private readonly EventDecoder _decoder = new(new EventLimits());
        private readonly DecodedEvent _event = new();
        private long _nowMs = Reduced.Start;

        public UndoneTable(StateOptions? options = null, long maxBytes = 16 * 1024 * 1024)
        {
            Undo = new UndoCopies(maxBytes);
            Table = new StateTable(options ?? new StateOptions(), Undo);
        }

        public UndoCopies Undo { get; }

        public StateTable Table { get; }

        public UndoGeneration Begin() => Undo.Begin(Undo.Entry + 1, _nowMs, Table.Gaps);

        public void Apply(params string[] payloads)
        {
            foreach (string payload in payloads) Assert.True(TryApply(payload), $"{_event.RefusalDetail}: {payload}");
        }

        public bool TryApply(string payload)
        {
            if (_decoder.Decode(Encoding.UTF8.GetBytes(payload), _event) != RefusalReason.None) return false;
            Undo.Entry++;
            Table.Apply(_event, _nowMs++);
            return true;
        }

        public void Forget(string payload)
        {
            Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(payload), _event));
            Table.ForgetNumbers(_event, _nowMs);
        }

        public string[] Texts()
        {
            using var copy = new StateCopy();
            Table.CopyTo(copy, StateSelection.All);
            return [.. Enumerable.Range(0, copy.Count).Select(i => Decoding.Text(copy[i]))];
        }

        public string[] TextsAt(UndoGeneration generation, StateSelection? selection = null)
        {
            using var copy = new StateCopy();
            Table.CopyBase(copy, selection ?? StateSelection.All, generation).CopyChangedTo(copy, selection ?? StateSelection.All);
            Undo.EndRead();
            return [.. Enumerable.Range(0, copy.Count).Select(i => Decoding.Text(copy[i]))];
        }

        public string[] Tasks() => Described(Texts());

        public string[] TasksAt(UndoGeneration generation) => Described(TextsAt(generation));

        public string[] EvictedSince(UndoGeneration generation)
        {
            using var copy = new StateCopy();
            var found = new List<string>();
            Table.CopyBase(copy, StateSelection.All, generation)
                .ForEachEvicted(StateSelection.All, (_, key, entry) => found.Add($"{Encoding.UTF8.GetString(key)} {entry}"));
            Undo.EndRead();
            return [.. found];
        }

        private static string[] Described(string[] texts) => [.. texts.Select(Describe).Order(StringComparer.Ordinal)];

        private static string Describe(string text)
        {
            JsonElement task = Reduced.Parse(text);
            string uncertain = task.TryGetProperty("uncertain", out _) ? " uncertain" : "";
            return $"{task.GetProperty("id").GetString()} {task.GetProperty("status").GetString()}{uncertain}";
        }
    }
}
