using System.Text;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>A copy consists of chunks of one size, and an item never spans two of them.</summary>
public sealed class StateCopyTests
{
    private static readonly int[] Sizes = [10, 100_000, 200_000, StateCopy.ChunkBytes, StateCopy.ChunkBytes + 1, 3 * StateCopy.ChunkBytes, 7, 250_000, 20_000];

    [Fact]
    public void Items_of_any_size_are_read_as_added_after_any_number_of_uses()
    {
        using var copy = new StateCopy();
        for (int round = 0; round < 5; round++)
        {
            byte[][] added = [.. Sizes.Skip(round).Concat(Sizes).Select((size, i) => Filled(size, (byte)(i + round)))];
            copy.Reserve(round * 1_000_000, round * 10);

            foreach (byte[] item in added) copy.Add(EntityKind.Task, item);

            Assert.Equal(added.Length, copy.Count);
            Assert.Equal(added.Sum(item => item.Length), copy.Length);
            for (int i = 0; i < added.Length; i++) Assert.True(copy[i].SequenceEqual(added[i]), $"round {round}, item {i}");
        }
    }

    [Fact]
    public void Handoff_is_an_array_of_tagged_items_and_releases_the_memory()
    {
        using var copy = new StateCopy();
        string[] items = [.. Sizes.Select((size, i) => $$"""{"id":"{{i}}","x":"{{new string('x', size)}}"}""")];
        foreach (string item in items) copy.Add(EntityKind.Task, Encoding.UTF8.GetBytes(item));
        copy.Add(EntityKind.Agent, "{}"u8);
        long length = copy.HandoffLength;
        var text = new MemoryStream();

        copy.MoveTo(text);

        Assert.Equal("[" + string.Concat(items.Select(item => $$"""{"tasks":{{item}}},""")) + """{"agents":{}}]""", Encoding.UTF8.GetString(text.ToArray()));
        Assert.Equal(length, text.Length);
        Assert.Equal((0, 0, 0L), (copy.Count, copy.Length, copy.HeldBytes));
    }

    [Fact]
    public void Unused_memory_is_released_by_TrimExcess()
    {
        using var copy = new StateCopy();
        copy.Reserve(20 * StateCopy.ChunkBytes, 1);
        copy.Add(EntityKind.Task, Filled(StateCopy.ChunkBytes, 1));
        copy.Add(EntityKind.Task, Filled(1, 2));

        copy.TrimExcess();

        Assert.Equal(2 * StateCopy.ChunkBytes, copy.HeldBytes);
        Assert.True(copy[1].SequenceEqual("\u0002"u8));
    }

    private static byte[] Filled(int size, byte with)
    {
        byte[] bytes = new byte[size];
        bytes.AsSpan().Fill(with);
        return bytes;
    }
}
