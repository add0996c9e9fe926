using Dataplane.Cluster.Model;
using Dataplane.Cluster.Settings;

namespace Dataplane.Cluster.Cni;

/// <summary>Who enforces a cluster's NetworkPolicies, and how that is known: one line for the user.</summary>
/// <param name="Enforcer">None where nobody does.</param>
/// <param name="IsAssumed">Nothing shows which CNI it is: the answer holds for Flannel.</param>
/// <param name="Evidence">Why, as it is printed.</param>
public sealed record PolicyEnforcement(PolicyEnforcer Enforcer, bool IsAssumed, string Evidence)
{
    public const string SettingKey = "policy.enforcer";

    /// <summary>NetworkPolicies are.</summary>
    public bool IsEnforced => Enforcer is not (PolicyEnforcer.None or PolicyEnforcer.Projects);

    /// <summary>As <c>--set policy.enforcer</c> has it.</summary>
    public string Name => NameOf(Enforcer);

    /// <summary>
    /// The setting, or without it what the CNI does: the one asked for, or the one that the manifests show.
    /// </summary>
    public static PolicyEnforcement Of(ClusterSnapshot snapshot, string? cni, EmulationSettings settings)
    {
        if (settings.PolicyEnforcer is { } asked)
        {
            string sentence = asked == PolicyEnforcer.None
                ? $"{SettingKey}=none: no NetworkPolicy is enforced"
                : $"NetworkPolicies are enforced as {NameOf(asked)} does ({SettingKey})";
            return new PolicyEnforcement(asked, IsAssumed: false, sentence);
        }

        string? shown = cni is null ? CniCatalog.Shown(snapshot) : CniCatalog.Resolve(cni, snapshot).Name;
        PolicyEnforcer enforcer = shown is null
            ? PolicyEnforcer.None
            : CniProfiles.Of(shown).EnforcerOf(snapshot, settings);
        if (enforcer == PolicyEnforcer.Projects)
        {
            return new PolicyEnforcement(
                enforcer, IsAssumed: false,
                $"{shown}'s multitenant mode keeps pods of different NetIDs apart; "
                + "NetworkPolicies have no effect in it");
        }

        if (enforcer != PolicyEnforcer.None)
        {
            string judge = shown == NameOf(enforcer) ? "" : $", judged as {NameOf(enforcer)} does";
            return new PolicyEnforcement(
                enforcer, IsAssumed: false, $"NetworkPolicies are enforced by {shown}, the cluster's CNI{judge}");
        }

        string who = shown switch
        {
            null => "the manifests show no CNI, and Flannel is assumed, which",
            "flannel" => "Flannel",
            _ => shown,
        };
        return new PolicyEnforcement(
            PolicyEnforcer.None,
            IsAssumed: shown is null,
            $"{who} does not enforce NetworkPolicies: "
            + $"nothing is denied (--set {SettingKey}=calico puts Calico's enforcement beside it)");
    }

    private static string NameOf(PolicyEnforcer enforcer) => enforcer switch
    {
        PolicyEnforcer.Calico => "calico",
        PolicyEnforcer.Cilium => "cilium",
        PolicyEnforcer.OvnKubernetes => "ovn-kubernetes",
        PolicyEnforcer.Projects => "multitenant",
        _ => "none",
    };
}
