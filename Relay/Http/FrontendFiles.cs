using System.Reflection;

namespace Cecelia.Relay.Http;

/// <summary>The files for <c>/</c> that are embedded in the build.</summary>
internal static class FrontendFiles
{
    /// <summary>The folder of the app of <c>frontend/</c>, if it was built.</summary>
    public const string App = "App/";

    /// <summary>The folder of the small live page, for a build without the app.</summary>
    public const string LivePage = "Live/";

    /// <summary>The folder of the client package, if the front end was built.</summary>
    public const string Client = "Client/";

    /// <summary>Returns the files of the app if it is embedded, otherwise those of the live page.</summary>
    public static IReadOnlyList<FrontendFile> Embedded() => Read(App) is { Count: > 0 } app ? app : Read(LivePage);

    /// <summary>Returns the files of one folder.</summary>
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
