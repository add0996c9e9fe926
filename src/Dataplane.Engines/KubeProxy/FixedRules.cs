using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// What stands there whatever Services there are: jumps from built-in chains, masquerading, forwarding.
/// </summary>
internal sealed class FixedRules
{
    private static readonly IptablesMatch NewConnection = RuleParts.ConnectionState("NEW");

    private readonly NodeServices _services;
    private readonly KubeProxyOptions _options;
    private readonly string _mark;

    public FixedRules(TableBuilder nat, TableBuilder filter, NodeServices services, KubeProxyOptions options)
    {
        _services = services;
        _options = options;
        _mark = string.Create(CultureInfo.InvariantCulture, $"0x{1u << options.MasqueradeBit:x}");
        WriteFilterJumps(filter);
        WriteNatJumps(nat);
        WriteMasquerading(nat);
        WriteForwarding(filter.New("KUBE-FORWARD"));
        if (HasLocalhost) WriteFirewall(filter.New("KUBE-FIREWALL"));
    }

    private bool HasLocalhost => _services.Family == 4 && _options.LocalhostNodePorts;

    /// <summary>The last rules of KUBE-SERVICES: what is sent to the node itself may be for a node port.</summary>
    public void WriteNodePortJumps(IptablesChain services)
    {
        IptablesMatch comment = RuleParts.Comment(
            "kubernetes service nodeports; NOTE: this must be the last rule in this chain");
        if (_options.NodePortAddresses.IsEmpty || _options.NodePortAddresses.Any(prefix => prefix.Length == 0))
        {
            string loopback = _services.Family == 4 ? "127.0.0.0/8" : "::1/128";
            services.Add(new IptablesRule
            {
                Chain = services.Name,
                Header = HasLocalhost ? RuleParts.Nothing : [new IptablesOption("-d", loopback, IsNegated: true)],
                Matches = [comment, RuleParts.DestinationIsLocal],
                Target = "KUBE-NODEPORTS",
            });
            return;
        }

        foreach (IpAddress address in NodePortAddresses())
        {
            services.Add(new IptablesRule
            {
                Chain = services.Name,
                Header = [RuleParts.Destination(address)],
                Matches = [comment],
                Target = "KUBE-NODEPORTS",
            });
        }
    }

    private IEnumerable<IpAddress> NodePortAddresses()
    {
        IpAddress loopback = IpAddress.Parse(_services.Family == 4 ? "127.0.0.1" : "::1");
        return _services.Node.Addresses
            .Where(address => address.Family == _services.Family)
            .Concat(HasLocalhost ? [loopback] : [])
            .Where(address => _options.NodePortAddresses.Any(prefix => prefix.Contains(address)))
            .Distinct();
    }

    /// <summary>
    /// kube-proxy prepends each jump, so the last one that it makes is the first; KUBE-FIREWALL's is the kubelet's.
    /// </summary>
    private void WriteFilterJumps(TableBuilder filter)
    {
        IptablesChain input = filter.BuiltIn("INPUT"), forward = filter.BuiltIn("FORWARD");
        IptablesChain output = filter.BuiltIn("OUTPUT");
        foreach (IptablesChain chain in (ReadOnlySpan<IptablesChain>)[input, forward, output])
            Jump(chain, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL", NewConnection);

        Jump(input, "kubernetes health check service ports", "KUBE-NODEPORTS");
        Jump(forward, "kubernetes forwarding rules", "KUBE-FORWARD");
        Jump(forward, "kubernetes service portals", "KUBE-SERVICES", NewConnection);
        Jump(output, "kubernetes service portals", "KUBE-SERVICES", NewConnection);
        Jump(input, "kubernetes externally-visible service portals", "KUBE-EXTERNAL-SERVICES", NewConnection);
        Jump(forward, "kubernetes externally-visible service portals", "KUBE-EXTERNAL-SERVICES", NewConnection);
        if (!HasLocalhost) return;

        input.Add(new IptablesRule { Chain = input.Name, Target = "KUBE-FIREWALL" });
        output.Add(new IptablesRule { Chain = output.Name, Target = "KUBE-FIREWALL" });
    }

    private static void WriteNatJumps(TableBuilder nat)
    {
        Jump(nat.BuiltIn("PREROUTING"), "kubernetes service portals", "KUBE-SERVICES");
        Jump(nat.BuiltIn("OUTPUT"), "kubernetes service portals", "KUBE-SERVICES");
        Jump(nat.BuiltIn("POSTROUTING"), "kubernetes postrouting rules", "KUBE-POSTROUTING");
    }

    private void WriteMasquerading(TableBuilder nat)
    {
        IptablesChain mark = nat.New("KUBE-MARK-MASQ");
        mark.Add(new IptablesRule
        {
            Chain = mark.Name,
            Target = "MARK",
            TargetOptions = [new IptablesOption("--set-xmark", $"{_mark}/{_mark}")],
        });

        IptablesChain post = nat.New("KUBE-POSTROUTING");
        post.Add(new IptablesRule
        {
            Chain = post.Name,
            Matches = [new IptablesMatch("mark", [new IptablesOption("--mark", $"{_mark}/{_mark}", IsNegated: true)])],
            Target = "RETURN",
        });
        post.Add(new IptablesRule
        {
            Chain = post.Name,
            Target = "MARK",
            TargetOptions = [new IptablesOption("--set-xmark", $"{_mark}/0x0")],
        });
        post.Add(new IptablesRule
        {
            Chain = post.Name,
            Matches = [RuleParts.Comment("kubernetes service traffic requiring SNAT")],
            Target = "MASQUERADE",
            TargetOptions = _options.RandomFully ? [new IptablesOption("--random-fully")] : [],
        });
    }

    private void WriteForwarding(IptablesChain forward)
    {
        if (!_options.TcpBeLiberal)
        {
            forward.Add(new IptablesRule
            {
                Chain = forward.Name,
                Matches = [RuleParts.ConnectionState("INVALID")],
                Target = "DROP",
            });
        }

        var marked = new IptablesMatch("mark", [new IptablesOption("--mark", $"{_mark}/{_mark}")]);
        forward.Add(new IptablesRule
        {
            Chain = forward.Name,
            Matches = [RuleParts.Comment("kubernetes forwarding rules"), marked],
            Target = "ACCEPT",
        });
        forward.Add(new IptablesRule
        {
            Chain = forward.Name,
            Matches =
            [
                RuleParts.Comment("kubernetes forwarding conntrack rule"),
                RuleParts.ConnectionState("RELATED,ESTABLISHED"),
            ],
            Target = "ACCEPT",
        });
    }

    /// <summary>With route_localnet on, neighbours could reach what listens on 127.0.0.1 (CVE-2020-8558).</summary>
    private static void WriteFirewall(IptablesChain firewall) => firewall.Add(new IptablesRule
    {
        Chain = firewall.Name,
        Header = [new IptablesOption("-s", "127.0.0.0/8", IsNegated: true), new IptablesOption("-d", "127.0.0.0/8")],
        Matches =
        [
            RuleParts.Comment("block incoming localnet connections"),
            RuleParts.ConnectionState("RELATED,ESTABLISHED,DNAT", isNegated: true),
        ],
        Target = "DROP",
    });

    private static void Jump(IptablesChain from, string comment, string to, params IptablesMatch[] first) =>
        from.Add(new IptablesRule { Chain = from.Name, Matches = [.. first, RuleParts.Comment(comment)], Target = to });
}
