using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The manifests of <c>deploy/kubernetes</c> concern the relay's pods and no others.</summary>
public sealed partial class KubernetesTests
{
    /// <remarks>
    /// kustomize adds its labels to no selector that is empty or missing. An empty podSelector is every pod of the namespace, and a
    /// disruption budget without a selector protects none.
    /// </remarks>
    [Theory]
    [InlineData("network-policy.yaml")]
    [InlineData("pod-disruption-budget.yaml")]
    public void A_policy_names_the_pods_of_the_relay(string file)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kubernetes", "relay", file));

        Assert.Matches(RelaysPods(), text);
    }

    [GeneratedRegex(@"^  (podSelector|selector):\n    matchLabels:\n      app\.kubernetes\.io/name: cecelia-relay\n", RegexOptions.Multiline)]
    private static partial Regex RelaysPods();
}
