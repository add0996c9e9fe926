using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>
/// EgressFirewall and EgressNetworkPolicy, which say the same in the same words (ovn-kubernetes'
/// pkg/crd/egressfirewall/v1/types.go; openshift/api's network/v1/types.go).
/// </summary>
internal sealed class EgressPolicyDraft(SourceLine source, string kind) : CustomObjectDraft(source, kind)
{
    private const string AnyAddressMistake = "0.0.0.0/32";

    private ImmutableArray<EgressPolicyRule> _rules = [];

    private bool IsFirewall => Kind == "EgressFirewall";

    public override void AddTo(SnapshotDraft snapshot)
    {
        EgressPolicy policy = new(Kind, Namespace, Name, Source) { Rules = _rules };
        foreach (EgressPolicyRule rule in _rules.Where(rule => rule.DnsName is not null))
        {
            snapshot.Report(
                Severity.Damage, rule.Source,
                $"{Kind} {Namespace}/{Name}: dnsName \"{ManifestCursor.Shorten(rule.DnsName)}\" cannot be resolved "
                + "offline: this rule matches nothing (write its addresses as cidrSelectors)");
        }

        if (IsFirewall) snapshot.AddFirewall(policy);
        else snapshot.AddEgressPolicy(policy);
    }

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        if (cursor.Key is "egress") _rules = cursor.ReadList("spec.egress", ReadRule);
        else cursor.SkipUnknown("spec");
    }

    private EgressPolicyRule ReadRule(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("spec.egress")) throw cursor.Expected("a map", "spec.egress");

        bool? isAllow = null;
        EgressPolicyRule rule = new(false, place);
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "type": isAllow = ReadType(cursor); break;
                case "to": rule = ReadTo(cursor, rule); break;
                case "ports" when IsFirewall: rule = rule with { Ports = cursor.ReadList("ports", ReadPort) }; break;
                default: cursor.SkipUnknown("spec.egress[]"); break;
            }
        }

        int destinations = (rule.Cidr is null ? 0 : 1) + (rule.DnsName is null ? 0 : 1) + (rule.Nodes is null ? 0 : 1);
        if (isAllow is null) throw new ObjectDamageException(place.Line, "spec.egress[] has no type: Allow or Deny");
        if (destinations != 1)
            throw new ObjectDamageException(
                place.Line,
                "spec.egress[].to must have one of "
                + $"cidrSelector{(IsFirewall ? ", dnsName and nodeSelector" : " and dnsName")}");

        return rule with { IsAllow = isAllow.Value };
    }

    private static bool ReadType(ManifestCursor cursor) => cursor.Scalar("type") switch
    {
        "Allow" => true,
        "Deny" => false,
        ReadOnlySpan<char> other =>
            throw new ObjectDamageException(
                cursor.Line, $"type is \"{ManifestCursor.Shorten(other)}\", not Allow or Deny"),
    };

    private EgressPolicyRule ReadTo(ManifestCursor cursor, EgressPolicyRule rule)
    {
        if (!cursor.EnterMap("to")) return rule;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "cidrSelector": rule = rule with { Cidr = ReadCidr(cursor) }; break;
                case "dnsName": rule = rule with { DnsName = cursor.ReadText("dnsName") }; break;
                case "nodeSelector" when IsFirewall:
                    rule = rule with { Nodes = cursor.ReadSelector("nodeSelector") };
                    break;
                default: cursor.SkipUnknown("to"); break;
            }
        }

        return rule;
    }

    // openshift-sdn takes the one for the other (ovscontroller.go, UpdateEgressNetworkPolicyRules).
    private IpPrefix ReadCidr(ManifestCursor cursor) =>
        !IsFirewall && cursor.Scalar("cidrSelector") is AnyAddressMistake
            ? IpPrefix.Parse("0.0.0.0/0")
            : cursor.ReadPrefix("cidrSelector");

    private static EgressPolicyPort ReadPort(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("ports")) throw cursor.Expected("a map", "ports");

        byte protocol = IpProtocol.Tcp;
        ushort port = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "protocol") protocol = cursor.ReadProtocol("ports[].protocol");
            else if (cursor.Key is "port") port = (ushort)cursor.ReadNumber("ports[].port", 0, ushort.MaxValue);
            else cursor.SkipUnknown("ports[]");
        }

        return new EgressPolicyPort(protocol, port);
    }
}
