using System.Reflection;

namespace Cecelia.Relay.Http;

/// <summary>The files that the build has embedded for <c>/</c>.</summary>
internal static class FrontendFiles
{
    /// <summary>Where the build puts the app of <c>frontend/</c>, if it had one.</summary>
    public const string App = "App/";

    /// <summary>Where the small live page is, for a build that had none.</summary>
    public const string LivePage = "Live/";

    /// <summary>The app where there is one, otherwise the live page.</summary>
    public static IReadOnlyList<FrontendFile> Embedded() => Read(App) is { Count: > 0 } app ? app : Read(LivePage);

    /// <summary>All files of one of the two.</summary>
    public static IReadOnlyList<FrontendFile> Read(string folder)
    {
        Assembly assembly = typeof(FrontendFiles).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Select(name => new FrontendFile(name[folder.Length..], Read(assembly, name)))];
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using Stream resource = assembly.GetManifestResourceStream(name)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
