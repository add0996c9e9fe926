using System.CommandLine;
using Dataplane.Cluster.Cni;
using Dataplane.Replay;

namespace Dataplane.Cli.Completion;

/// <summary>What each option's value can be. The tests ask the program itself whether the words are these.</summary>
internal static class OptionWords
{
    private static readonly string[] Files =
    [
        "--manifests", "--read", "--write", "--rules", "--routes", "--drops", "--histogram", "--old", "--new", "--input",
        "--expect", "--chart",
    ];

    public static OptionValue Of(string verb, string option) => (verb, option) switch
    {
        _ when Files.Contains(option) => OptionValue.File,
        (_, "--set") => OptionValue.Setting,
        ("generate", "--cni") => OptionValue.Of("flannel", "none"),
        ("replay", "--cni") => OptionValue.Of([.. CniCatalog.Names, "all"]),
        (_, "--cni") => OptionValue.Of(CniCatalog.Names),
        (_, "--proxy") => OptionValue.Of(PipelineCatalog.Proxies),
        (_, "--output") => OptionValue.Of(Formats(verb)),
        (_, "--color") => OptionValue.Of("auto", "always", "never"),
        (_, "--at") => OptionValue.Of("wire", "pod", "pod:", "tunnel", "drops", "all"),
        (_, "--comments") => OptionValue.Of("some", "all"),
        (_, "--workers") => OptionValue.Of("auto"),
        (_, "--by") => OptionValue.Of("order", "inner"),
        (_, "--family") => OptionValue.Of("ipv4", "ipv6"),
        (_, "--protocol") => OptionValue.Of("tcp", "udp", "sctp", "icmp"),
        (_, "--distribution") => OptionValue.Of("uniform", "zipf"),
        (_, "--frame-size") => OptionValue.Of("imix", "64", "1500"),
        _ => OptionValue.Free,
    };

    /// <summary>What stands behind the verb itself.</summary>
    public static OptionValue OfArguments(Command command) => command.Name switch
    {
        "policy" => OptionValue.Of("lint", "diff"),
        "bench" => OptionValue.Of("scaling"),
        "generate" => OptionValue.Of("cluster", "traffic"),
        "completion" => OptionValue.Of(CompletionVerb.Shells),
        _ => command.Arguments.Count > 0 ? OptionValue.File : OptionValue.None,
    };

    private static string[] Formats(string verb) => verb switch
    {
        "rules" => ["iptables-save", "ipvsadm-save", "text", "json"],
        "reach" or "policy" => ["text", "json", "junit", "sarif"],
        "generate" => ["text", "json", "yaml"],
        _ => ["text", "json"],
    };
}
