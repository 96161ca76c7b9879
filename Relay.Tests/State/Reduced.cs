using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Events;

namespace Cecelia.Relay.Tests.State;

/// <summary>A state table for tests: events as text, a clock that advances a second with each, entities as JSON.</summary>
internal sealed class Reduced(StateOptions? options = null)
{
    /// <summary>2026-02-06T08:30:00Z, when the first event is received.</summary>
    public const long Start = 1_770_366_600_000;

    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly DecodedEvent _event = new();

    public StateTable Table { get; } = new(options ?? new StateOptions());

    public long NowMs { get; set; } = Start;

    public Reduced Apply(params string[] payloads)
    {
        foreach (string payload in payloads)
        {
            Assert.True(_decoder.Decode(Encoding.UTF8.GetBytes(payload), _event) == RefusalReason.None, $"{_event.RefusalDetail}: {payload}");
            Table.Apply(_event, NowMs);
            NowMs += 1000;
        }

        return this;
    }

    public string Json(EntityKind kind, string id)
    {
        using var copy = new StateCopy();
        Assert.True(Table.TryCopy(kind, Encoding.UTF8.GetBytes(id), copy), $"no {kind} {id}");
        Assert.Equal(1, copy.Count);
        return Decoding.Text(copy[0]);
    }

    /// <summary>Returns the entity, which must be JSON that other parsers can read.</summary>
    public JsonElement One(EntityKind kind, string id) => Parse(Json(kind, id));

    public JsonElement TaskOf(string id) => One(EntityKind.Task, id);

    public string? StatusOf(string taskId) => TaskOf(taskId).GetProperty("status").GetString();

    public bool Has(EntityKind kind, string id)
    {
        using var copy = new StateCopy();
        return Table.TryCopy(kind, Encoding.UTF8.GetBytes(id), copy);
    }

    /// <summary>Returns all entities of a kind, including those with two ids.</summary>
    public JsonElement[] Of(EntityKind kind) => [.. Texts(new StateSelection { Kinds = (EntityKinds)(1 << (int)kind) }).Select(text => Parse(text))];

    public string[] Texts(StateSelection? selection = null)
    {
        using var copy = new StateCopy();
        Table.CopyTo(copy, selection ?? StateSelection.All);
        return [.. Enumerable.Range(0, copy.Count).Select(i => Decoding.Text(copy[i]))];
    }

    /// <summary>Returns the handoff for another instance.</summary>
    public byte[] Handoff()
    {
        using var copy = new StateCopy();
        Table.CopyTo(copy, StateSelection.All);
        long length = copy.HandoffLength;
        var into = new MemoryStream();
        copy.MoveTo(into);
        Assert.Equal(length, into.Length);
        return into.ToArray();
    }

    /// <summary>Loads the <see cref="Handoff"/> of another table.</summary>
    public void Load(byte[] handoff) => Table.Load(entities => EntityReader.Read(new MemoryStream(handoff), handoff.Length, entities));

    public static JsonElement Parse(string json) => JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 80 }).RootElement;
}
