using System.Globalization;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Services;
using Dataplane.Wire;

namespace Dataplane.Tests.Engines.KubeProxy;

/// <summary>
/// Walks a packet of a new connection through printed rules on every path that a random draw may take: which endpoints
/// it can reach in order, or what becomes of it. It knows no more of netfilter than kube-proxy's rules need.
/// </summary>
internal sealed class EveryPath
{
    private readonly IptablesRuleset _rules;
    private readonly ProxyNode _node;
    private readonly SuiteFlow _flow;
    private readonly List<string> _outputs = [];
    private IpAddress _destination;
    private ushort _port;
    private bool _isMarked;

    private EveryPath(IptablesRuleset rules, ProxyNode node, SuiteFlow flow)
    {
        _rules = rules;
        _node = node;
        _flow = flow;
        _destination = flow.Destination;
        _port = flow.Port;
    }

    private enum End
    {
        None,
        Return,
        Accept,
        Drop,
        Reject,
        Translated,
    }

    /// <summary>
    /// <c>ip:port, ip:port</c>, <c>DROP</c>, <c>REJECT</c>, <c>ACCEPT</c> (by a rule) or nothing; and the mark.
    /// </summary>
    public static (string Output, bool Masquerade) Of(IptablesRuleset rules, ProxyNode node, SuiteFlow flow) =>
        new EveryPath(rules, node, flow).Run();

    private (string Output, bool Masquerade) Run()
    {
        bool isFromNode = IsLocal(_flow.Source);
        Walk("nat", isFromNode ? "OUTPUT" : "PREROUTING");
        if (_outputs.Count > 0)
        {
            int colon = _outputs[0].LastIndexOf(':');
            _destination = IpAddress.Parse(_outputs[0][..colon].Trim('[', ']'));
            _port = ushort.Parse(_outputs[0][(colon + 1)..], CultureInfo.InvariantCulture);
        }

        End verdict = Walk("filter", isFromNode ? "OUTPUT" : IsLocal(_destination) ? "INPUT" : "FORWARD");
        string output = verdict switch
        {
            End.Drop => "DROP",
            End.Reject => "REJECT",
            End.Accept when _outputs.Count == 0 => "ACCEPT",
            _ => string.Join(", ", _outputs),
        };
        return (output, _isMarked);
    }

    private End Walk(string table, string chain)
    {
        if (!_rules.Find(table, _destination.Family)!.TryFind(chain, out IptablesChain? found))
            throw new InvalidDataException($"no chain {chain}");

        foreach (IptablesRule rule in found.Rules)
        {
            if (!rule.Header.All(Holds) || !rule.Matches.SelectMany(match => match.Options).All(Holds)) continue;

            End end = Follow(table, rule);
            bool mayGoOn = rule.Matches.Any(match => match.Name == "statistic");
            if (end == End.Return) break;
            if (end != End.None && !mayGoOn) return end;
        }

        return End.None;
    }

    private End Follow(string table, IptablesRule rule)
    {
        switch (rule.Target)
        {
            case null: return End.None;
            case "RETURN": return End.Return;
            case "ACCEPT": return End.Accept;
            case "DROP": return End.Drop;
            case "REJECT": return End.Reject;
            case "MARK":
                _isMarked = true;
                return End.None;
            case "DNAT":
                _outputs.Add(rule.TargetOptions.Single().Value!);
                return End.Translated;
            default: return Walk(table, rule.Target);
        }
    }

    private bool Holds(IptablesOption option) => option.IsNegated != (option.Name switch
    {
        "-s" => IpPrefix.Parse(option.Value!).Contains(_flow.Source),
        "-d" => IpPrefix.Parse(option.Value!).Contains(_destination),
        "-p" => option.Value == _flow.Protocol switch { IpProtocol.Tcp => "tcp", IpProtocol.Udp => "udp", _ => "sctp" },
        "--dport" => option.Value == _port.ToString(CultureInfo.InvariantCulture),
        "--src-type" => IsLocal(_flow.Source),
        "--dst-type" => IsLocal(_destination),
        "--ctstate" =>
            option.Value == "NEW" || (option.Value!.EndsWith("DNAT", StringComparison.Ordinal) && _outputs.Count > 0),
        "--mark" => _isMarked,
        "--rcheck" => false,
        "--comment" or "--mode" or "--probability" or "--seconds" or "--reap" or "--name" or "--mask" or "--rsource"
            or "--set" => true,
        _ => throw new InvalidDataException($"{option.Name} is none of kube-proxy's"),
    });

    private bool IsLocal(IpAddress address) =>
        _node.Addresses.Contains(address) || IpPrefix.Parse("127.0.0.0/8").Contains(address)
        || address == IpAddress.Parse("::1");
}
