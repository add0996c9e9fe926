namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// Where a CNI gives another verdict than the API's text, and is known to: the case, the flows, and why.
/// </summary>
internal static class KnownPolicyDifferences
{
    /// <summary>
    /// Cilium's pods and nodes have identities of their own, and an ipBlock is an identity, too: it covers neither
    /// (cilium's issues 9209 and 20550).
    /// </summary>
    private static readonly (string Suite, string Case, int Flows)[] Cilium =
    [
        ("netpol-e2e", "case-26", 7),
    ];

    public static IEnumerable<(string Case, int Flows)> Of(string style, string suite) => style == "identities"
        ? Cilium.Where(one => one.Suite == suite).Select(one => (one.Case, one.Flows))
        : [];
}
