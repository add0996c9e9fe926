namespace Dataplane.Tests.Engines.Policies;

/// <summary>Where a CNI gives another verdict than the API's text, and is known to: the case, the flows, and why.</summary>
internal static class KnownPolicyDifferences
{
    /// <summary>Cilium: "pod IPs have pod identities": an ipBlock covers neither pods nor nodes of the cluster.</summary>
    private static readonly (string Suite, string Case, int Flows)[] Cilium =
    [
    ];

    public static IEnumerable<(string Case, int Flows)> Of(string style, string suite) => style == "identities"
        ? Cilium.Where(one => one.Suite == suite).Select(one => (one.Case, one.Flows))
        : [];
}
