namespace Dataplane.Tests.Oracles;

/// <summary>What this kernel's netfilter has of what only some Services need.</summary>
internal sealed record KernelAbilities(bool HasRecent, bool HasSctp)
{
    private const string Needed = "-m comment --comment x -m conntrack --ctstate NEW -m addrtype --dst-type LOCAL "
        + "-m statistic --mode random --probability 0.5";

    /// <summary>What is left out of the cases, and why.</summary>
    public IEnumerable<string> Missing
    {
        get
        {
            if (!HasRecent) yield return "without xt_recent no Service has session affinity; its packets go without";
            if (!HasSctp) yield return "without xt_sctp no Service port is SCTP; such ports are TCP";
        }
    }

    /// <summary>Tries each match.</summary>
    /// <exception cref="InvalidOperationException">The kernel lacks what every cluster's rules have.</exception>
    public static KernelAbilities Of(KernelNode node, string backend)
    {
        foreach (int family in (int[])[4, 6])
        {
            node.LoadRules(backend, family, Dump($"-A POSTROUTING {Needed} -j MASQUERADE --random-fully"));
            node.LoadRules(backend, family, Dump("-A POSTROUTING -m mark --mark 0x1/0x1 -j MARK --set-xmark 0x1/0x1"));
        }

        return new KernelAbilities(
            CanLoad(node, backend, "-A POSTROUTING -m recent --set --name DP --mask 255.255.255.255 --rsource"),
            CanLoad(node, backend, "-A POSTROUTING -p sctp -m sctp --dport 80 -j RETURN"));
    }

    private static bool CanLoad(KernelNode node, string backend, string rule)
    {
        try
        {
            node.LoadRules(backend, 4, Dump(rule));
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Dump(string rule) => $"*nat\n:POSTROUTING ACCEPT [0:0]\n{rule}\nCOMMIT\n";
}
