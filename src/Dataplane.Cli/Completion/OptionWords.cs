using System.CommandLine;
using Dataplane.Cli.Bench;
using Dataplane.Cli.Policies;
using Dataplane.Cluster.Cni;
using Dataplane.Replay;

namespace Dataplane.Cli.Completion;

/// <summary>What each option's value can be. The tests ask the program itself whether the words are these.</summary>
internal static class OptionWords
{
    private static readonly string[] Files =
    [
        "--manifests", "--read", "--write", "--rules", "--routes", "--drops", "--histogram", "--old", "--new",
        "--input", "--expect", "--chart",
    ];

    public static OptionValue Of(string verb, string option) => (verb, option) switch
    {
        _ when Files.Contains(option) => OptionValue.File,
        (_, "--set") => OptionValue.Setting,
        ("generate", "--cni") => OptionValue.Of([.. CniCatalog.Names, "none"]),
        ("replay", "--cni") => OptionValue.Of([.. CniCatalog.Names, "all"]),
        (_, "--cni") => OptionValue.Of(CniCatalog.Names),
        (_, "--proxy") => OptionValue.Of(PipelineCatalog.Proxies),
        (_, "--output") => OptionValue.Of(Formats(verb)),
        (_, "--color") => OptionValue.Of("auto", "always", "never"),
        (_, "--at") => OptionValue.Of("wire", "pod", "pod:", "tunnel", "drops", "all"),
        (_, "--comments") => OptionValue.Of("some", "all"),
        ("replay", "--workers") => OptionValue.Of("auto"),
        (_, "--skew") => OptionValue.Of("auto", "off"),
        (_, "--gso") => OptionValue.Of("segment", "keep"),
        (_, "--by") => OptionValue.Of("order", "inner"),
        (_, "--family") => OptionValue.Of("ipv4", "ipv6"),
        (_, "--protocol") => OptionValue.Of("tcp", "udp", "sctp", "icmp"),
        (_, "--distribution") => OptionValue.Of("uniform", "zipf"),
        (_, "--frame-size") => OptionValue.Of("imix", "64", "1500"),
        _ => OptionValue.Free,
    };

    /// <summary>What stands behind the verb itself: what kind of it, or a file.</summary>
    public static OptionValue OfArgument(IVerb verb) => verb switch
    {
        PolicyVerb => OptionValue.Of(PolicyVerb.Kinds),
        BenchVerb bench => OptionValue.Of(bench.Kinds),
        GenerateVerb => OptionValue.Of(GenerateVerb.Kinds),
        CompletionVerb => OptionValue.Of(CompletionVerb.Shells),
        _ => verb.Command.Arguments.Count > 0 ? OptionValue.File : OptionValue.None,
    };

    /// <summary>What stands behind that: files, where the verb takes more than one argument.</summary>
    public static OptionValue OfRest(IVerb verb) =>
        verb.Command.Arguments.Count > 1 ? OptionValue.File : OptionValue.None;

    private static string[] Formats(string verb) => verb switch
    {
        "rules" => ["iptables-save", "ipvsadm-save", "text", "json"],
        "reach" or "policy" => ["text", "json", "junit", "sarif"],
        "generate" => ["text", "json", "yaml"],
        _ => ["text", "json"],
    };
}
