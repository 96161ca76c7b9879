using System.Text.RegularExpressions;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>The manifests of <c>deploy/kubernetes</c> select the relay's pods and no others.</summary>
public sealed partial class KubernetesTests
{
    /// <remarks>
    /// kustomize does not add its labels to an empty or missing selector. An empty podSelector selects every pod of the namespace, and a
    /// disruption budget without a selector protects none.
    /// </remarks>
    [Theory]
    [InlineData("network-policy.yaml")]
    [InlineData("pod-disruption-budget.yaml")]
    public void Policy_selects_only_the_pods_of_the_relay(string file)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kubernetes", "relay", file));

        Assert.Matches(RelayPodSelector(), text);
    }

    [GeneratedRegex(@"^  (podSelector|selector):\n    matchLabels:\n      app\.kubernetes\.io/name: cecelia-relay\n", RegexOptions.Multiline)]
    private static partial Regex RelayPodSelector();
}
