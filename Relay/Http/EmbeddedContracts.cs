using System.Reflection;

namespace Cecelia.Relay.Http;

/// <summary>The documents of the relay's messages, as they were when the relay was built (`make contracts` makes them). Thread-safe.</summary>
internal static class EmbeddedContracts
{
    /// <summary>Reads the AsyncAPI 3 document of every message: UTF-8, a new array at each call.</summary>
    public static byte[] ReadAsyncApi() => Read("asyncapi.json");

    /// <summary>Reads the JSON Schema of what publishers send: UTF-8, a new array at each call.</summary>
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
