using System.Collections.Immutable;
using System.CommandLine;
using Dataplane.Replay.Rules;

namespace Dataplane.Cli;

/// <summary><c>dataplane rules</c>: a node's tables as the real tool prints them.</summary>
public sealed class RulesVerb : IVerb
{
    private static readonly string[] AllProxies = ["iptables", "ipvs", "ebpf", "nftables"];

    private readonly Option<string[]> _manifests = OptionValues.Many("--manifests", "-f");
    private readonly Option<string> _proxy = OptionValues.One("--proxy");
    private readonly Option<string> _node = OptionValues.One("--node");
    private readonly Option<string> _family = OptionValues.One("--family");
    private readonly Option<bool> _withSets = OptionValues.Flag("--with-sets");
    private readonly Option<string[]> _set = OptionValues.Many("--set");
    private readonly Option<string> _output = OptionValues.One("--output", "-o");

    public string Name => "rules";

    public string Help => HelpText.Rules;

    public Command Command => new(Name) { _manifests, _proxy, _node, _family, _withSets, _set, _output };

    public int Run(ParseResult arguments, Streams streams, Interruption interruption)
    {
        RulesReport report = RulesRunner.Run(Options(arguments));
        foreach (string note in report.Notes) streams.Say($"note: {note}");
        foreach (string damage in report.Damage) streams.Say($"warning: {damage}");

        streams.Result.Write(report.Text);
        return report.Damage.IsEmpty ? ExitCode.Done : ExitCode.Damaged;
    }

    private RulesOptions Options(ParseResult arguments)
    {
        ImmutableArray<string> manifests = [.. arguments.GetValue(_manifests) ?? []];
        if (manifests.IsEmpty) throw new UsageException("no manifests: name the cluster's with -f PATH");
        if (manifests.Count(path => path == "-") > 1)
            throw new UsageException("stdin can be read once: - stands twice among -f");

        string proxy = arguments.OneOf(_proxy, AllProxies) ?? "iptables";
        if (!RulesRunner.Proxies.Contains(proxy))
            throw new UsageException($"--proxy {proxy}: not built yet; {string.Join(", ", RulesRunner.Proxies)} are");
        if (arguments.GetValue(_withSets) && proxy != "ipvs")
            throw new UsageException($"--with-sets is for --proxy ipvs; {proxy} has no sets of its own");

        return new RulesOptions
        {
            Manifests = manifests,
            Proxy = proxy,
            Node = arguments.GetValue(_node),
            Family = arguments.OneOf(_family, "ipv4", "ipv6") == "ipv6" ? 6 : 4,
            Format = arguments.OneOf(_output, [.. RulesRunner.FormatsOf(proxy)]),
            WithSets = arguments.GetValue(_withSets),
            Settings = [.. arguments.GetValue(_set) ?? []],
        };
    }
}
