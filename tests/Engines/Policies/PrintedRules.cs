using System.Globalization;
using Dataplane.Core;
using Dataplane.Engines.Iptables;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Policies.Chains;
using Dataplane.Tests.Policies;

namespace Dataplane.Tests.Engines.Policies;

/// <summary>
/// What Felix's tables print of a node, read and walked by netfilter's rules: chain FORWARD, from veth to veth.
/// </summary>
internal sealed class PrintedRules : IDisposable
{
    private const string Uplink = "eth0";

    private readonly InterfaceNames _interfaces = new();
    private readonly ChainPolicyEngine _engine;
    private readonly PolicyLab _lab;
    private readonly int _node;
    private readonly NetfilterRules _rules;
    private readonly NetfilterState _state;
    private RandomDraw _draw = new(new Draw(1));

    public PrintedRules(ChainPolicyTables tables, PolicyLab lab, int node)
    {
        _engine = new ChainPolicyEngine(tables);
        _lab = lab;
        _node = node;
        _interfaces.NumberOf(Uplink);
        for (int pod = 0; pod < lab.Network.Pods.Length; pod++) _interfaces.NumberOf(VethOf(pod));
        IptablesRuleset printed = tables.RulesetOf(node, 4);
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        printed.WriteTo(text);
        _rules = NetfilterRules.Compile(IptablesRuleset.Parse(text + string.Join('\n', printed.Sets)), 4, _interfaces);
        _state = new NetfilterState(_rules);
    }

    /// <summary>
    /// A flow that the node forwards from or to one of its pods; its own traffic to pods passes OUTPUT.
    /// </summary>
    public bool Forwards(PolicyFlow flow) =>
        (IsHere(flow.Source) || IsHere(flow.Destination)) && !IsOwnAddress(flow.Source)
        && !IsOwnAddress(flow.Destination);

    public bool IsAllowedByWalk(in PolicyFlow flow) =>
        (!IsHere(flow.Source) || _lab.Judge(in _engine, in flow, PolicyDirection.Egress)!.Value.IsAllowed)
        && (!IsHere(flow.Destination) || _lab.Judge(in _engine, in flow, PolicyDirection.Ingress)!.Value.IsAllowed);

    public bool IsAllowed(in PolicyFlow flow)
    {
        NetfilterPacket packet = NetfilterPacket.FromKey(_lab.KeyOf(in flow));
        packet.InInterface = _interfaces.NumberOf(IsHere(flow.Source) ? VethOf(_lab.EndpointOf(flow.Source)) : Uplink);
        packet.OutInterface = _interfaces.NumberOf(
            IsHere(flow.Destination) ? VethOf(_lab.EndpointOf(flow.Destination)) : Uplink);
        var trace = default(TraceOff);
        return _rules.Forward(in packet, _state, ref _draw, ref trace).Verdict == NetfilterVerdict.Accept;
    }

    public void Dispose()
    {
        _rules.Dispose();
        _state.Dispose();
    }

    private bool IsHere(FlowEnd end) =>
        end.Pod >= 0 && !_lab.Model.Snapshot.Pods[end.Pod].HostNetwork
        && _lab.Network.Pods[_lab.EndpointOf(end)].Node == _node;

    private bool IsOwnAddress(FlowEnd end) => _lab.Network.Nodes[_node].OwnAddresses.Contains(end.Address);

    private string VethOf(int endpoint) =>
        FelixNames.VethOf(_lab.Network.Pods[endpoint].Pod.Namespace, _lab.Network.Pods[endpoint].Pod.Name);
}
