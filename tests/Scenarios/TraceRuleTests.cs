using Dataplane.Replay.Tracing;
using Xunit;

namespace Dataplane.Tests.Scenarios;

/// <summary>What a look-up came by is what the real structure would be asked, in its order.</summary>
public class TraceRuleTests
{
    [Fact]
    public void Iptables_lists_exactly_the_rules_of_the_walk_in_order()
    {
        TraceReport way = Traced.Way("shop/backend-58c4b7-ddddd", "svc/shop/postgres", "iptables");

        Assert.Equal(
            [
                "* mangle PREROUTING policy",
                "* nat PREROUTING 1",
                "- nat KUBE-SERVICES 1",
                "- nat KUBE-SERVICES 2",
                "- nat KUBE-SERVICES 3",
                "- nat KUBE-SERVICES 4",
                "* nat KUBE-SERVICES 5",
                "- nat KUBE-SVC 1",
                "* nat KUBE-SVC 2",
                "- nat KUBE-SEP 1",
                "* nat KUBE-SEP 2",
                "* mangle FORWARD policy",
                "* filter FORWARD 1",
                "* filter KUBE-PROXY-FIREWALL end",
                "* filter FORWARD 2",
                "- filter KUBE-FORWARD 1",
                "- filter KUBE-FORWARD 2",
                "- filter KUBE-FORWARD 3",
                "* filter KUBE-FORWARD end",
                "* filter FORWARD 3",
                "- filter KUBE-SERVICES 1",
                "* filter KUBE-SERVICES end",
                "* filter FORWARD 4",
                "* filter KUBE-EXTERNAL-SERVICES end",
                "* filter FORWARD policy",
                "* mangle POSTROUTING policy",
                "* nat POSTROUTING 1",
                "* nat KUBE-POSTROUTING 1",
                "* nat POSTROUTING policy",
            ],
            way.Steps.Where(step => step.Matched is not null).Select(Place));
    }

    [Theory]
    [InlineData("iptables", "--to-destination {0}")]
    [InlineData("ipvs", "rr: {0}, weight 1")]
    [InlineData("ebpf", "backends map: id {1}: {0}")]
    public void What_is_explained_is_what_was_done_whatever_the_draw(string proxy, string expected)
    {
        var chosen = new HashSet<string>();
        for (int seed = 1; seed <= 8; seed++)
        {
            var options = new TraceOptions
            {
                Replay = Traced.Lab(proxy) with { Settings = ["pod.attach=routed", $"seed={seed}"] },
                From = "default/loadgen-1",
                To = "svc/shop/frontend",
            };
            TraceReport way = Traced.Run(options);
            TraceStep last = way.Steps.Last(step => step.Matched == true && IsChoice(step));
            string backend = $"{way.Delivered!.Dst}:{way.Delivered.DstPort}";
            string id = last.Detail.Split(':')[1].Replace(" id ", "", StringComparison.Ordinal);

            Assert.EndsWith(string.Format(null, expected, backend, id), last.Detail, StringComparison.Ordinal);
            chosen.Add(backend);
        }

        if (proxy != "ipvs") Assert.Equal(2, chosen.Count);
    }

    [Fact]
    public void Ipvs_names_the_bucket_and_the_scheduler_s_choice()
    {
        TraceReport way = Traced.Way("shop/backend-58c4b7-ddddd", "svc/shop/postgres", "ipvs");

        Assert.Contains(way.Steps, step => step.Action == "bucket"
            && step.Detail.EndsWith("TCP 10.96.13.54:5432 rr, 1 real servers", StringComparison.Ordinal));
        Assert.Contains(
            way.Steps, step => step.Action == "scheduler" && step.Detail == "rr: 10.244.2.12:5432, weight 1");
    }

    [Fact]
    public void A_dump_of_ipvsadm_save_stands_in_for_the_virtual_servers()
    {
        string dump = Path.GetTempFileName();
        File.WriteAllText(dump, "-A -t 10.96.13.54:5432 -s rr\n-a -t 10.96.13.54:5432 -r 10.244.1.11:9000 -m -w 3\n");
        try
        {
            var options = new TraceOptions
            {
                Replay = Traced.Lab("ipvs") with { Rules = [("node-2", dump)] },
                From = "default/loadgen-1",
                To = "svc/shop/postgres",
            };

            Assert.Equal(("shop/backend-58c4b7-ccccc", (ushort)9000),
                (Traced.Run(options).Delivered!.Pod, Traced.Run(options).Delivered!.DstPort));
        }
        finally
        {
            File.Delete(dump);
        }
    }

    private static bool IsChoice(TraceStep step) =>
        step.Action is "scheduler" or "map"
        || (step.Action == "rule" && step.Detail.Contains("-j DNAT", StringComparison.Ordinal));

    // nat KUBE-SVC-B3EFOTAGWYCTQ45Y 2: -A … is nat KUBE-SVC 2
    private static string Place(TraceStep step)
    {
        string[] words = step.Detail.Split(':')[0].Split(' ');
        string chain = words[1].StartsWith("KUBE-SVC-", StringComparison.Ordinal)
            || words[1].StartsWith("KUBE-SEP-", StringComparison.Ordinal)
            ? words[1][.."KUBE-SVC".Length]
            : words[1];
        return $"{(step.Matched == true ? "*" : "-")} {words[0]} {chain} {words[2]}";
    }
}
