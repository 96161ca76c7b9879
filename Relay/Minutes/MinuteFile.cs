using Cecelia.Relay.Events;

namespace Cecelia.Relay.Minutes;

/// <summary>
/// Writes and reads a copy of the minutes, as one instance passes it to another. A row that happened to be empty takes four bytes. The bytes have been stored
/// in Redis and are therefore untrusted.
/// </summary>
internal static class MinuteFile
{
    /// <summary>The version of the bytes. Those of another version are not read.</summary>
    private const byte Version = 1;

    public static void Write(BinaryWriter writer, MinuteCopy copy)
    {
        writer.Write(Version);
        writer.Write((byte)copy.Start);
        writer.Write(copy.SinceMs);
        writer.Write(copy.LastMs);
        writer.Write(copy.LastLiveMs);
        writer.Write(copy.IsWhole);
        writer.Write((byte)copy.Projects.Count);
        foreach ((int place, MinuteProject project) in copy.Projects)
        {
            writer.Write((byte)place);
            WriteBlock(writer, project.Id);
            writer.Write(project.FirstMinute);
            writer.Write(project.LastMinute);
        }

        writer.Write((byte)copy.Executors.Count);
        foreach ((byte[] source, (long used, long free)) in copy.Executors)
        {
            WriteBlock(writer, source);
            writer.Write(used);
            writer.Write(free);
        }

        writer.Write((ushort)copy.Rows.Count);
        long before = 0;
        foreach (KeptMinute row in copy.Rows)
        {
            writer.Write7BitEncodedInt64(row.Minute - before);
            writer.Write(row.IsComplete);
            WriteBlock(writer, row.Row);
            before = row.Minute;
        }
    }

    /// <exception cref="InvalidDataException">The bytes are not a copy of this version.</exception>
    /// <exception cref="EndOfStreamException">The bytes are truncated.</exception>
    public static MinuteCopy Read(BinaryReader reader)
    {
        Require(reader.ReadByte() == Version);
        var start = (MinutesStart)reader.ReadByte();
        (long sinceMs, long lastMs, long lastLiveMs, bool isWhole) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadBoolean());
        Require(Enum.IsDefined(start) && sinceMs >= -1 && lastMs >= 0 && lastLiveMs >= -1 && lastLiveMs <= lastMs);
        List<(int, MinuteProject)> projects = ReadProjects(reader);
        List<(byte[], (long, long))> executors = ReadExecutors(reader);
        int count = reader.ReadUInt16();
        Require(count <= MinuteTable.Minutes);
        var rows = new List<KeptMinute>(count);
        (long minute, long bytes) = (0, 0);
        long[] values = new long[MinuteSeries.Count * MinuteValues.Length];
        for (int i = 0; i < count; i++)
        {
            long step = reader.Read7BitEncodedInt64();
            Require(step >= (i == 0 ? 0 : 1) && step <= lastMs);
            minute += step;
            bool isComplete = reader.ReadBoolean();
            byte[] row = ReadBlock(reader, MinuteRow.MaxBytes);
            Require(MinuteRow.TryDecode(row, values, out _) && (bytes += row.Length) <= MinuteTable.MaxBytes);
            rows.Add(new KeptMinute(minute, row, isComplete));
        }

        Require(count == 0 || (minute == lastMs / MinuteTable.MinuteMs && rows[0].Minute > minute - MinuteTable.Minutes));
        return new MinuteCopy(rows, projects, start) { SinceMs = sinceMs, LastMs = lastMs, LastLiveMs = lastLiveMs, IsWhole = isWhole, Executors = executors };
    }

    private static List<(int Place, MinuteProject Project)> ReadProjects(BinaryReader reader)
    {
        int count = reader.ReadByte();
        var projects = new List<(int Place, MinuteProject Project)>();
        for (int i = 0; i < count; i++)
        {
            int place = reader.ReadByte();
            byte[] id = ReadBlock(reader, EventLimits.KeyBytes);
            Require(place < MinuteSeries.Places && id.Length > 0);
            Require(projects.TrueForAll(one => one.Place != place && !one.Project.Id.AsSpan().SequenceEqual(id)));
            projects.Add((place, new MinuteProject(id) { FirstMinute = reader.ReadInt64(), LastMinute = reader.ReadInt64() }));
        }

        return projects;
    }

    private static List<(byte[] Source, (long Used, long Free) Slots)> ReadExecutors(BinaryReader reader)
    {
        int count = reader.ReadByte();
        var executors = new List<(byte[] Source, (long Used, long Free) Slots)>();
        for (int i = 0; i < count; i++)
        {
            byte[] source = ReadBlock(reader, EventLimits.KeyBytes);
            (long used, long free) = (reader.ReadInt64(), reader.ReadInt64());
            Require(used is >= 0 and <= int.MaxValue && free is >= 0 and <= int.MaxValue);
            executors.Add((source, (used, free)));
        }

        return executors;
    }

    private static void WriteBlock(BinaryWriter writer, byte[] block)
    {
        writer.Write7BitEncodedInt(block.Length);
        writer.Write(block);
    }

    private static byte[] ReadBlock(BinaryReader reader, int maxBytes)
    {
        int length = reader.Read7BitEncodedInt();
        Require(length >= 0 && length <= maxBytes);
        byte[] block = new byte[length];
        reader.BaseStream.ReadExactly(block);
        return block;
    }

    private static void Require(bool condition)
    {
        if (!condition) throw new InvalidDataException("the minutes are invalid");
    }
}
