using System.Runtime.Intrinsics;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Compilation;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>KUBE-SEP-…: an endpoint of a port without affinity. Its name is hashed when somebody prints it.</summary>
internal sealed class EndpointChain(EndpointText text, ProxiedPort port, ProxiedEndpoint endpoint) : DirectChain
{
    public override int Depth => 1;

    public override IReadOnlyList<IptablesRule> Rules => text.Of(Name, port, endpoint);

    internal override int RuleCount => 2;

    public override void Compile(CompiledParts parts, ChainStarts starts)
    {
        UInt128 address = endpoint.Address.Value;
        int firstMatch = parts.Matches.Count;
        var isItself = new RuleKey
        {
            Value = Vector128<uint>.Zero.WithElement(RuleKey.SourceWord, RuleKey.Fold(address, parts.Family)),
            Mask = Vector128<uint>.Zero.WithElement(RuleKey.SourceWord, uint.MaxValue),
        };
        if (parts.Family == 6) parts.AddSource(address);
        parts.AddRule(in isItself,
            new RuleAction { Kind = ActionKind.Jump, Argument = starts.Of(EndpointText.MarkMasq) }, firstMatch);

        const uint protocolAndFragment = 0xff | RuleKey.LaterFragmentBit << RuleKey.StateShift;
        var isTransport = new RuleKey
        {
            Value = Vector128<uint>.Zero.WithElement(RuleKey.RestWord, port.Protocol),
            Mask = Vector128<uint>.Zero.WithElement(RuleKey.RestWord, protocolAndFragment),
        };
        parts.Nats.Add(new NatRequest
        {
            Kind = NatKind.Destination,
            Options = NatOptions.HasAddress | NatOptions.HasPorts,
            FirstAddress = address,
            LastAddress = address,
            FirstPort = endpoint.Port,
            LastPort = endpoint.Port,
        });
        parts.AddRule(in isTransport,
            new RuleAction { Kind = ActionKind.Nat, Argument = parts.Nats.Count - 1 }, parts.Matches.Count);
    }

    private protected override string MakeName() => ChainName.Endpoint + ChainName.HashOf(port, endpoint);
}
