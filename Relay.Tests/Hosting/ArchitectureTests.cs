using System.Reflection;
using System.Text.RegularExpressions;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The folders of the relay are layers, and import only from lower layers.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>From the bottom to the top. Folders of one layer do not import each other.</summary>
    private static readonly string[][] Layers =
    [
        ["Files"],
        ["Events", "Telemetry"],
        ["Redis", "Duties"],
        ["Postgres", "Minutes"],
        ["Journal", "State", "Filters", "Messages", "Recording"],
        ["Fanout", "Access"],
        ["Commands", "Sockets"],
        ["Ingest"],
        ["Connections"],
        ["Recovery", "Admin"],
        ["Health", "Contracts"],
        ["Http"],
        ["Hosting"],
        ["Cli"],
    ];

    public static TheoryData<string> Folders =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "Relay")).Where(HoldsSources).Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_imports_only_from_lower_layers(string folder)
    {
        int layer = LayerOf(folder);
        Assert.True(layer >= 0, $"{folder} has no layer: add it to a layer here");

        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "Relay", folder), "*.cs", SearchOption.AllDirectories).Where(IsSource))
        {
            string source = File.ReadAllText(file);
            foreach (Match import in Import().Matches(source))
            {
                string from = import.Groups["folder"].Value;
                Assert.True(from == folder || LayerOf(from) < layer, $"{file} imports {from}, which is not in a layer below {folder}");
            }

            Assert.Matches($@"(?m)^namespace Cecelia\.Relay\.{folder}(\.\w+)*;", source);
        }
    }

    [Fact]
    public void Folders_are_found() => Assert.True(Folders.Count >= 8);

    [Fact]
    public void Redis_client_library_is_used_only_in_the_Redis_folder()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "Relay"), "*.cs", SearchOption.AllDirectories).Where(IsSource))
        {
            if (Path.GetFileName(Path.GetDirectoryName(file)) == "Redis") continue;
            Assert.DoesNotContain("StackExchange", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.DoesNotContain("using Garnet", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Postgres_client_library_is_used_only_in_the_Postgres_folder()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "Relay"), "*.cs", SearchOption.AllDirectories).Where(IsSource))
        {
            if (Path.GetFileName(Path.GetDirectoryName(file)) == "Postgres") continue;
            Assert.DoesNotContain("Npgsql", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    /// <summary>Records are data, and their arguments are fields.</summary>
    [Fact]
    public void Constructors_take_at_most_seven_arguments()
    {
        IEnumerable<string> found =
            from type in typeof(EventIds).Assembly.GetTypes()
            where type.Namespace?.StartsWith("Cecelia.Relay", StringComparison.Ordinal) == true && type.GetMethod("<Clone>$") is null && !type.IsValueType
            from constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            where constructor.GetParameters().Length > 7
            select $"{type.Name} takes {constructor.GetParameters().Length} arguments";
        Assert.Empty(found);
    }

    [Fact]
    public void Every_event_id_is_used()
    {
        string[] sources =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "Relay"), "*.cs", SearchOption.AllDirectories).Where(IsSource).Select(File.ReadAllText),
        ];
        foreach (FieldInfo id in typeof(EventIds).GetFields())
        {
            Assert.True(sources.Any(source => source.Contains($"EventIds.{id.Name},", StringComparison.Ordinal)), $"nothing logs EventIds.{id.Name}");
        }
    }

    /// <summary>A using directive, or a name that is qualified by its folder.</summary>
    [GeneratedRegex(
        @"Cecelia\.Relay\.(?<folder>[A-Z]\w+)(?=[.;])|(?<![\w.""])(?<folder>Files|Access|Events|Telemetry|Minutes|Journal|State|Filters|Messages|Recording|Fanout|Sockets|Connections|Ingest|Commands|Recovery|Duties|Redis|Postgres|Health|Contracts|Admin|Http|Hosting|Cli)\.[A-Z]\w+\s+\w")]
    private static partial Regex Import();

    private static int LayerOf(string folder) => Array.FindIndex(Layers, layer => layer.Contains(folder));

    private static bool HoldsSources(string folder) =>
        Path.GetFileName(folder) is not ("bin" or "obj") && Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any();

    private static bool IsSource(string file)
    {
        string[] parts = Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar);
        return !parts.Contains("bin") && !parts.Contains("obj");
    }
}
