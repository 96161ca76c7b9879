using System.ComponentModel;
using System.Net;
using System.Reflection;
using Cecelia.Relay.Contracts;
using Cecelia.Relay.Events;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>The contracts are complete, and the files generated from them match those in the repository.</summary>
public sealed class ContractTests
{
    public static TheoryData<Type> Contracts =>
        [.. typeof(EventData).Assembly.GetTypes().Where(type => type.Namespace == typeof(EventData).Namespace && type.GetProperties().Any(IsField))];

    [Fact]
    public void Events_have_one_contract_each_and_no_contract_is_unused()
    {
        Assert.Equal(EventNames.All.Select(known => known.Name), EventContracts.All.Select(contract => contract.Name));
        Assert.Equal(EventContracts.All.Count, EventContracts.All.Select(contract => contract.TypeName).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public void Field_has_a_description_that_is_a_sentence(Type contract) =>
        Assert.All(contract.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.Name != "EqualityContract"), property =>
        {
            string? description = property.GetCustomAttribute<DescriptionAttribute>(inherit: false)?.Description;
            Assert.True(description is [>= 'A' and <= 'Z' or >= 'a' and <= 'z', .., '.'], $"{contract.Name}.{property.Name}: {description}");
        });

    [Fact]
    public void Contracts_are_found() => Assert.True(Contracts.Count > 40, $"{Contracts.Count}");

    [Theory]
    [InlineData("Relay/asyncapi.json")]
    [InlineData("deploy/brain/events.schema.json")]
    public void File_in_the_repository_matches_the_contracts(string file)
    {
        string expected = file.StartsWith("Relay/", StringComparison.Ordinal) ? ContractDocuments.AsyncApi : ContractDocuments.Events;

        Assert.True(expected == File.ReadAllText(Path.Combine(Repository.Root, file)), $"{file} does not match the contracts: run make contracts");
    }

    [Theory]
    [InlineData("events", "deploy/brain/events.schema.json")]
    [InlineData("asyncapi", "Relay/asyncapi.json")]
    public async Task Contracts_command_prints_the_file_of_make_contracts(string name, string file)
    {
        using var terminal = new Cli.TestTerminal();

        Assert.Equal(0, await terminal.RunAsync("contracts", name));

        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, file)), terminal.Out);
    }

    private static bool IsField(PropertyInfo property) => property.GetCustomAttribute<DescriptionAttribute>() is not null;
}

/// <summary><c>GET /asyncapi.json</c>.</summary>
public sealed class ContractEndpointTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    [Fact]
    public async Task Document_is_served_as_in_the_repository()
    {
        (HttpStatusCode status, string body, HttpResponseMessage response) = await shared.Relay.GetAsync("/asyncapi.json");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(ContractDocuments.AsyncApi, body);
    }

    [Theory]
    [InlineData("GET", "https://evil.example", 403, "origin_not_allowed")]
    [InlineData("POST", null, 405, "method_not_allowed")]
    public async Task Document_is_refused_for_other_origins_and_methods(string method, string? origin, int status, string error)
    {
        using HttpResponseMessage response = await shared.Relay.SendAsync(new HttpMethod(method), "/asyncapi.json", origin);

        Assert.Equal(status, (int)response.StatusCode);
        string body = await response.Content.ReadAsStringAsync();
        Assert.Contains($"\"{error}\"", body, StringComparison.Ordinal);
        Contract.Holds("Refusal", body);
    }

    [Fact]
    public async Task Document_is_readable_from_an_allowed_origin()
    {
        using HttpResponseMessage response = await shared.Relay.SendAsync(HttpMethod.Get, "/asyncapi.json", "http://localhost:3000");

        Assert.Equal("http://localhost:3000", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }
}
