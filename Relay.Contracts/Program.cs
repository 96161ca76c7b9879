using Cecelia.Relay.Contracts;

string? document = args switch
{
    ["asyncapi"] => ContractDocuments.AsyncApi,
    ["events"] => ContractDocuments.Events,
    _ => null,
};
if (document is null)
{
    Console.Error.WriteLine("Usage: Relay.Contracts asyncapi|events. `make contracts` writes the repository's copies.");
    return 2;
}

Console.Out.Write(document);
return 0;
