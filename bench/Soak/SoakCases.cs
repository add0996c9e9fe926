using Dataplane.Replay;

namespace Dataplane.Bench.Soak;

/// <summary>
/// All kinds of captures under all kinds of clusters: the repository's own, and those of a folder where one is given.
/// </summary>
internal static class SoakCases
{
    private static readonly string[] Cnis = ["flannel", "calico", "cilium", "openshift-sdn", "ovn-kubernetes"];
    private static readonly string[] Proxies = ["ebpf", "ipvs", "iptables"];

    /// <param name="captures">The repository's <c>pcaps</c>.</param>
    /// <param name="folder">Captures of any kind, in subfolders, too; null: none.</param>
    /// <param name="scratch">Where outputs are written, one at a time.</param>
    public static List<SoakCase> Of(string captures, string? folder, string scratch)
    {
        string In(string path) => Path.Combine(captures, path);
        string shop = In("three-tier/manifests.yaml");
        var cases = new List<SoakCase>();
        foreach (string cni in Cnis)
        {
            foreach (string proxy in Proxies)
            {
                cases.Add(Case($"three-tier {cni} {proxy}", shop, [In("three-tier/app.pcap.gz")],
                    options => options with { Cni = cni, Proxy = proxy }));
            }

            cases.Add(Case($"two-nodes wire {cni}", In("two-nodes/manifests.yaml"),
                [In("two-nodes/wire.pcap.gz")], options => options with { Cni = cni }));
        }

        cases.Add(Case("three-tier by workers", shop, [In("three-tier/app.pcap.gz")],
            options => options with { Workers = 3, Loops = 3 }));
        cases.Add(Case("three-tier to a file", shop, [In("three-tier/app.pcap.gz")], options => options with
        {
            Output = Path.Combine(scratch, "soak.pcapng"),
            At = ["all"],
            DropsPath = Path.Combine(scratch, "soak.drops"),
            CommentAll = true,
        }));
        cases.Add(Case("dual-stack", In("dual-stack/manifests.yaml"),
            [In("dual-stack/pod.pcap.gz")], options => options with { Preload = true }));
        cases.Add(Case("over-mtu", In("two-nodes/manifests.yaml"), [In("over-mtu/pod.pcap.gz")],
            options => options with { Settings = ["mtu.pod=1500"] }));
        cases.Add(Case("story, merged", shop,
            [.. Directory.EnumerateFiles(In("story"), "*.pcap").Order(StringComparer.Ordinal)], options => options));
        cases.Add(Case("zero-trust", In("zero-trust/cluster.yaml"),
            [In("zero-trust/unknown-to-database.pcap")], options => options));
        if (folder is not null) cases.AddRange(Foreign(folder, shop));
        return cases;
    }

    private static IEnumerable<SoakCase> Foreign(string folder, string manifests) =>
        from path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        where !path.EndsWith(".json", StringComparison.Ordinal) && !path.EndsWith(".md", StringComparison.Ordinal)
        select Case(Path.GetRelativePath(folder, path), manifests, [path], options => options with { Count = 20_000 });

    private static SoakCase Case(
        string name, string manifests, string[] captures, Func<ReplayOptions, ReplayOptions> with) =>
        new(name, with(new ReplayOptions { Manifests = [manifests], Captures = [.. captures] }));
}
