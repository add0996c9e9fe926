using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>The rules that choose among endpoints, and each endpoint's own chain.</summary>
internal sealed class EndpointRules(TableBuilder nat, int family)
{
    private readonly string _hostMask = family == 4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    private readonly Dictionary<int, IptablesMatch> _draws = [];
    private readonly Dictionary<ProxiedEndpoint, string> _names = [];

    /// <summary>A null chain: that policy has no endpoints, or is not in use.</summary>
    public void Write(NodeServicePort view, IptablesChain? cluster, IptablesChain? local, bool hasComments)
    {
        _names.Clear();
        foreach (ProxiedEndpoint endpoint in view.Reachable)
            _names[endpoint] = ChainName.Endpoint + ChainName.HashOf(view.Port, endpoint);

        if (cluster is not null) WriteChoice(view.Port, cluster, view.Cluster, hasComments);
        if (local is not null) WriteChoice(view.Port, local, view.Local, hasComments);
        WriteChains(view, hasComments);
    }

    private void WriteChoice(
        ProxiedPort port, IptablesChain chain, ImmutableArray<ProxiedEndpoint> endpoints, bool hasComments)
    {
        IptablesMatch[] comments = hasComments
            ? [.. endpoints.Select(endpoint => RuleParts.Comment($"{port.Name} -> {endpoint.Text}"))]
            : [];
        if (port.AffinitySeconds > 0)
        {
            for (int index = 0; index < endpoints.Length; index++)
                Add(chain, comments, index, Remembered(_names[endpoints[index]], port), _names[endpoints[index]]);
        }

        for (int index = 0; index < endpoints.Length; index++)
            Add(chain, comments, index, DrawAmong(endpoints.Length - index), _names[endpoints[index]]);
    }

    private static void Add(IptablesChain chain, IptablesMatch[] comments, int index, IptablesMatch? match, string target)
    {
        IptablesMatch[] matches = (comments.Length > 0, match is not null) switch
        {
            (true, true) => [comments[index], match!],
            (true, false) => [comments[index]],
            (false, true) => [match!],
            _ => [],
        };
        chain.Add(new IptablesRule { Chain = chain.Name, Matches = matches, Target = target });
    }

    /// <summary>The last one takes what is left.</summary>
    private IptablesMatch? DrawAmong(int count)
    {
        if (count == 1) return null;
        if (_draws.TryGetValue(count, out IptablesMatch? draw)) return draw;

        IptablesOption[] options = [new("--mode", "random"), new("--probability", Probability.Saved(count))];
        return _draws[count] = new IptablesMatch("statistic", options);
    }

    private IptablesMatch Remembered(string chain, ProxiedPort port) => new("recent",
    [
        new IptablesOption("--rcheck"),
        new IptablesOption("--seconds", port.AffinitySeconds.ToString(CultureInfo.InvariantCulture)),
        new IptablesOption("--reap"),
        .. List(chain),
    ]);

    private IptablesOption[] List(string chain) =>
        [new("--name", chain), new("--mask", _hostMask), new("--rsource")];

    private void WriteChains(NodeServicePort view, bool hasComments)
    {
        ProxiedPort port = view.Port;
        IptablesMatch[] comment = hasComments ? [RuleParts.Comment(port.Name)] : [];
        IptablesMatch[] transport = [.. comment, RuleParts.Transport(port.Protocol)];
        IptablesOption[] protocol = [RuleParts.Protocol(port.Protocol)];
        foreach (ProxiedEndpoint endpoint in view.Reachable)
        {
            IptablesChain chain = nat.New(_names[endpoint]);
            chain.Add(new IptablesRule
            {
                Chain = chain.Name,
                Header = [RuleParts.Source(endpoint.Address)],
                Matches = comment,
                Target = "KUBE-MARK-MASQ",
            });
            chain.Add(new IptablesRule
            {
                Chain = chain.Name,
                Header = protocol,
                Matches = port.AffinitySeconds > 0
                    ? [.. comment, Remember(chain.Name), RuleParts.Transport(port.Protocol)]
                    : transport,
                Target = "DNAT",
                TargetOptions = [new IptablesOption("--to-destination", endpoint.Text)],
            });
        }
    }

    private IptablesMatch Remember(string chain) => new("recent", [new IptablesOption("--set"), .. List(chain)]);
}
