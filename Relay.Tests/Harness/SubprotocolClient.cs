using System.Text.Json;
using Cecelia.Relay.Tests.Contracts;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>One message of the subprotocol.</summary>
internal sealed record SubprotocolMessage(string Name, JsonElement Data, string? Id, string Text)
{
    public bool IsRelay => Name.StartsWith("relay:", StringComparison.Ordinal);

    /// <summary>The number of an event of <see cref="Numbered"/>.</summary>
    public int Number =>
        Data.TryGetProperty("n", out JsonElement number) ? number.GetInt32() : throw new InvalidOperationException($"not a numbered event: {Text}");

    /// <summary>
    /// Parses a message and validates the relay's own messages against their contract, in every test. (Events of publishers, and so snapshots, may hold
    /// anything.)
    /// </summary>
    public static SubprotocolMessage Parse(string text)
    {
        JsonElement root = JsonDocument.Parse(text).RootElement;
        var message = new SubprotocolMessage(
            root.GetProperty("event").GetString()!, root.GetProperty("data"), root.TryGetProperty("id", out JsonElement id) ? id.GetString() : null, text);
        if (message.IsRelay && message.Name != "relay:snapshot") Contract.Holds(Contract.OfRelay(message.Name), text);
        return message;
    }
}

/// <summary>A client of the subprotocol as PROTOCOL.md specifies it: it keeps the newest <c>id</c> and assembles snapshots.</summary>
internal sealed class SubprotocolClient : IAsyncDisposable
{
    private readonly TestClient _client;
    private Dictionary<string, Dictionary<string, JsonElement>> _parts = [];

    private SubprotocolClient(TestClient client) => _client = client;

    /// <summary>The position to resume from; null until there is one.</summary>
    public string? Position { get; private set; }

    /// <summary>The <c>data</c> of the newest <c>relay:hello</c>.</summary>
    public JsonElement Hello { get; private set; }

    /// <summary>The entities of the newest complete snapshot, by section and id; null until there is one.</summary>
    public Dictionary<string, Dictionary<string, JsonElement>>? Snapshot { get; private set; }

    public TestClient Socket => _client;

    /// <summary>Connects and receives the <c>relay:hello</c>.</summary>
    /// <param name="address">The address of the endpoint.</param>
    /// <param name="query">The filter, with its question mark.</param>
    /// <param name="since">A position to resume from.</param>
    /// <param name="token">A token for the header; null to send none.</param>
    public static async Task<SubprotocolClient> ConnectAsync(Uri address, string query = "", string? since = null, string? token = null)
    {
        if (since is not null) query += (query.Length == 0 ? "?" : "&") + "since=" + since;
        var client = new SubprotocolClient(await TestClient.ConnectAsync(new Uri(address + query), options =>
        {
            options.AddSubProtocol("cecelia.v1");
            if (token is not null) options.SetRequestHeader("Authorization", "Bearer " + token);
        }));
        SubprotocolMessage hello = await client.ReceiveAsync();
        Assert.Equal("relay:hello", hello.Name);
        return client;
    }

    /// <summary>Receives the next message that is not part of a snapshot.</summary>
    public async Task<SubprotocolMessage> ReceiveAsync()
    {
        while (true)
        {
            var message = SubprotocolMessage.Parse(await _client.ReceiveAsync());
            if (message.Id is { } id) Position = id;
            if (message.Name == "relay:hello") Hello = message.Data;
            if (message.Name != "relay:snapshot") return message;
            AddPart(message.Data);
        }
    }

    /// <summary>Waits for a complete snapshot. No other message may arrive before its end.</summary>
    public async Task<Dictionary<string, Dictionary<string, JsonElement>>> ReceiveSnapshotAsync()
    {
        Snapshot = null;
        while (Snapshot is null)
        {
            var message = SubprotocolMessage.Parse(await _client.ReceiveAsync());
            Assert.Equal("relay:snapshot", message.Name);
            if (message.Id is { } id) Position = id;
            AddPart(message.Data);
        }

        return Snapshot;
    }

    /// <summary>Receives a <c>relay:hello</c> and the snapshot that follows it.</summary>
    public async Task<Dictionary<string, Dictionary<string, JsonElement>>> ReceiveSnapshotAfterHelloAsync()
    {
        await ReceiveAsync("relay:hello");
        return await ReceiveSnapshotAsync();
    }

    /// <summary>Receives the next event, or the next message with this name. Skips other messages of the relay.</summary>
    public async Task<SubprotocolMessage> ReceiveAsync(string? name)
    {
        while (true)
        {
            SubprotocolMessage message = await ReceiveAsync();
            if (name is null ? !message.IsRelay : message.Name == name) return message;
        }
    }

    /// <summary>Receives the next event or gap. Unlike waiting for one of them, this returns when the other arrives instead.</summary>
    public async Task<SubprotocolMessage> ReceiveEventOrGapAsync()
    {
        while (true)
        {
            SubprotocolMessage message = await ReceiveAsync();
            if (!message.IsRelay || message.Name == "relay:gap") return message;
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private void AddPart(JsonElement part)
    {
        if (part.GetProperty("part").GetInt32() == 1) _parts = [];
        foreach (JsonProperty section in part.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.Array))
        {
            if (!_parts.TryGetValue(section.Name, out Dictionary<string, JsonElement>? entities)) _parts[section.Name] = entities = [];
            foreach (JsonElement entity in section.Value.EnumerateArray()) entities.Add(entity.GetProperty("id").GetString()!, entity);
        }

        if (part.GetProperty("last").GetBoolean()) Snapshot = _parts;
    }
}
