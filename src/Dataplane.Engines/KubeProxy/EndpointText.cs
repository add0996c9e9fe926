using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>The text of the rules that choose among endpoints, and of each endpoint's own.</summary>
/// <param name="family">4 or 6.</param>
/// <param name="hasComments">Large clusters have none.</param>
internal sealed class EndpointText(int family, bool hasComments)
{
    public const string MarkMasq = "KUBE-MARK-MASQ";

    private readonly string _hostMask = family == 4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    private readonly Dictionary<int, IptablesMatch> _draws = [];

    /// <summary>Who is remembered first, then a draw for each endpoint; the last one takes what is left.</summary>
    public IEnumerable<IptablesRule> Choice(
        string chain, ProxiedPort port, ImmutableArray<ProxiedEndpoint> endpoints, IptablesChain[] targets)
    {
        if (port.AffinitySeconds > 0)
        {
            for (int index = 0; index < endpoints.Length; index++)
                yield return Jump(chain, port, endpoints[index], Remembered(targets[index].Name, port), targets[index]);
        }

        for (int index = 0; index < endpoints.Length; index++)
        {
            IptablesMatch? draw = index == endpoints.Length - 1 ? null : DrawAmong(endpoints.Length - index);
            yield return Jump(chain, port, endpoints[index], draw, targets[index]);
        }
    }

    /// <summary>An endpoint's own chain: itself as a client is masqueraded, everything is translated.</summary>
    public IptablesRule[] Of(string chain, ProxiedPort port, ProxiedEndpoint endpoint)
    {
        IptablesMatch[] comment = hasComments ? [RuleParts.Comment(port.Name)] : [];
        IptablesMatch transport = RuleParts.Transport(port.Protocol);
        return
        [
            new IptablesRule
            {
                Chain = chain,
                Header = [RuleParts.Source(endpoint.Address)],
                Matches = comment,
                Target = MarkMasq,
            },
            new IptablesRule
            {
                Chain = chain,
                Header = [RuleParts.Protocol(port.Protocol)],
                Matches = port.AffinitySeconds > 0 ? [.. comment, Remember(chain), transport] : [.. comment, transport],
                Target = "DNAT",
                TargetOptions = [new IptablesOption("--to-destination", endpoint.Text)],
            },
        ];
    }

    private IptablesRule Jump(
        string chain, ProxiedPort port, ProxiedEndpoint endpoint, IptablesMatch? match, IptablesChain target)
    {
        IptablesMatch[] comment = hasComments ? [RuleParts.Comment($"{port.Name} -> {endpoint.Text}")] : [];
        return new IptablesRule
        {
            Chain = chain,
            Matches = match is null ? comment : [.. comment, match],
            Target = target.Name,
        };
    }

    private IptablesMatch DrawAmong(int count)
    {
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

    private IptablesMatch Remember(string chain) => new("recent", [new IptablesOption("--set"), .. List(chain)]);

    private IptablesOption[] List(string chain) =>
        [new("--name", chain), new("--mask", _hostMask), new("--rsource")];
}
