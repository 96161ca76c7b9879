using System.Text;
using System.Text.Json;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Events;
using CsCheck;

namespace Cecelia.Relay.Tests.State;

/// <summary>Compares the record with a simple model made of dictionaries.</summary>
public class JsonRecordTests
{
    [Fact]
    public void Record_after_random_changes_equals_a_dictionary()
    {
        Gen<string> names = Gen.OneOf("id", "a", "bb", "ccc", "执", "x\\\"y");
        Gen<string> values = Gen.OneOf("1", "\"\"", "\"long long long\"", "[1,{\"a\":\"}\"}]", "{\"q\":[]}", "null", "\"" + new string('x', 3000) + "\"");
        Gen.Select(Gen.Int[0, 4], names, values, Gen.OneOf("s1", "section2")).Array[0, 60].Sample(
            changes =>
            {
                var record = new JsonRecord();
                var model = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["id"] = "0" };
                var sections = new Dictionary<string, SortedDictionary<string, string>>();
                record.Set("id"u8, "0"u8);
                foreach ((int kind, string name, string value, string section) in changes)
                {
                    byte[] key = Encoding.UTF8.GetBytes(name);
                    switch (kind)
                    {
                        case 0 when name != "id":
                            record.Remove(key);
                            model.Remove(name);
                            break;
                        case 1 or 2:
                            sections.TryAdd(section, new SortedDictionary<string, string>(StringComparer.Ordinal));
                            sections[section][name] = value;
                            Assert.True(
                                record.TryMerge(Encoding.UTF8.GetBytes(section), Encoding.UTF8.GetBytes($"{{ \"{name}\" : {value} }}"), 1_000_000, 100));
                            break;
                        default:
                            record.Set(key, Encoding.UTF8.GetBytes(value));
                            model[name] = value;
                            break;
                    }

                    Assert.Equal(TextOf(model, sections), Written(record));
                }
            },
            iter: TestLength.Times(200));
    }

    [Fact]
    public void Merge_is_all_or_nothing_at_either_bound()
    {
        var record = new JsonRecord();
        record.Set("id"u8, "0"u8);
        Assert.True(record.TryMerge("data"u8, """{"a":1,"b":2}"""u8, 13, 2));
        Assert.False(record.TryMerge("data"u8, """{"a":3,"b":44}"""u8, 13, 2));
        Assert.False(record.TryMerge("data"u8, """{"a":3,"c":4}"""u8, 99, 2));
        Assert.Equal("""{"id":0,"data":{"a":1,"b":2}}""", Decoding.Text(record.Text));
        Assert.True(record.TryMerge("data"u8, """{"a":5,"b":6}"""u8, 13, 2));
        Assert.Equal("""{"id":0,"data":{"a":5,"b":6}}""", Decoding.Text(record.Text));
    }

    /// <summary>Covers a field that is given a thousand times: one field, but a thousand lookups.</summary>
    [Fact]
    public void Merge_of_too_many_repetitions_of_one_field_is_refused()
    {
        var record = new JsonRecord();
        record.Set("id"u8, "0"u8);
        Assert.True(record.TryMerge("data"u8, """{"a":1}"""u8, 100_000, 256));
        Assert.False(record.TryMerge("data"u8, Encoding.UTF8.GetBytes("{" + string.Join(',', Enumerable.Repeat("\"a\":1", 1000)) + "}"), 100_000, 256));
    }

    /// <summary>Covers a buffer that stays large after its content has shrunk, and is counted nowhere.</summary>
    [Fact]
    public void Memory_of_a_large_value_is_released()
    {
        var record = new JsonRecord();
        record.Set("id"u8, "0"u8);
        record.Set("a"u8, Encoding.UTF8.GetBytes($"\"{new string('x', 60_000)}\""));
        Assert.InRange(record.Capacity, 60_000, 80_000);
        record.Set("a"u8, "1"u8);
        Assert.InRange(record.Capacity, 0, 1024);
    }

    private static string Written(JsonRecord record)
    {
        JsonElement root = JsonDocument.Parse(record.Text.ToArray()).RootElement;
        return string.Join('\n', root.EnumerateObject().SelectMany(member => member.Name is "s1" or "section2"
            ? member.Value.EnumerateObject().Select(nested => $"{member.Name}.{nested.Name}={nested.Value.GetRawText()}")
            : [$"{member.Name}={member.Value.GetRawText()}"]).Order(StringComparer.Ordinal));
    }

    private static string TextOf(SortedDictionary<string, string> model, Dictionary<string, SortedDictionary<string, string>> sections) =>
        string.Join('\n', model.Select(pair => $"{Plain(pair.Key)}={pair.Value}")
            .Concat(
                sections.SelectMany(section => section.Value.Select(pair => $"{section.Key}.{Plain(pair.Key)}={pair.Value}"))).Order(StringComparer.Ordinal));

    private static string Plain(string name) => name.Replace("\\\"", "\"", StringComparison.Ordinal);
}
