namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The location of the sources that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "relay.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"no relay.sln above {AppContext.BaseDirectory}");
    }
}
