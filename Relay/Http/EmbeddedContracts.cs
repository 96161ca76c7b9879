using System.Reflection;

namespace Cecelia.Relay.Http;

/// <summary>The documents of the relay's messages that are embedded in the build (`make contracts` generates them). Thread-safe.</summary>
internal static class EmbeddedContracts
{
    /// <summary>Returns the AsyncAPI 3 document of every message, in UTF-8, as a new array.</summary>
    public static byte[] ReadAsyncApi() => Read("asyncapi.json");

    /// <summary>Returns the JSON Schema of the events that publishers send, in UTF-8, as a new array.</summary>
    public static byte[] ReadEvents() => Read("events.schema.json");

    private static byte[] Read(string name)
    {
        using Stream document = Assembly.GetExecutingAssembly().GetManifestResourceStream("Contracts/" + name)
            ?? throw new InvalidOperationException($"{name} is not embedded in this build");
        var bytes = new byte[document.Length];
        document.ReadExactly(bytes);
        return bytes;
    }
}
