namespace Cecelia.Relay.Contracts;

/// <summary>Prints one of the documents. <c>make contracts</c> uses it to update the copies in the repository.</summary>
internal static class Program
{
    /// <returns>The exit code: 0, or 2 if there is no document of that name.</returns>
    private static int Main(string[] args)
    {
        string? document = args switch
        {
            ["asyncapi"] => ContractDocuments.AsyncApi,
            ["events"] => ContractDocuments.Events,
            _ => null,
        };
        if (document is null)
        {
            Console.Error.WriteLine("Usage: Relay.Contracts asyncapi|events");
            return 2;
        }

        Console.Out.Write(document);
        return 0;
    }
}
