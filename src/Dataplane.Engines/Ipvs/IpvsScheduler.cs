namespace Dataplane.Engines.Ipvs;

/// <summary>The schedulers of Linux 6.1 (<c>net/netfilter/ipvs/Kconfig</c>), twos aside, which is newer.</summary>
public enum IpvsScheduler : byte
{
    RoundRobin,
    WeightedRoundRobin,
    LeastConnection,
    WeightedLeastConnection,
    LocalityLeastConnection,
    LocalityLeastConnectionReplicated,
    SourceHash,
    DestinationHash,
    ShortestExpectedDelay,
    NeverQueue,
    MaglevHash,
    FailOver,
    Overflow,
}

/// <summary>The schedulers' names, as <c>ipvsadm -s</c> and kube-proxy's <c>--ipvs-scheduler</c> have them.</summary>
public static class IpvsSchedulerNames
{
    private static readonly string[] Names =
        ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh", "fo", "ovf"];

    /// <summary>All of them, in the order of the enum.</summary>
    public static IReadOnlyList<string> All => Names;

    public static string NameOf(IpvsScheduler scheduler) => Names[(int)scheduler];

    public static bool TryParse(string name, out IpvsScheduler scheduler)
    {
        int index = Array.IndexOf(Names, name);
        scheduler = (IpvsScheduler)Math.Max(index, 0);
        return index >= 0;
    }
}
