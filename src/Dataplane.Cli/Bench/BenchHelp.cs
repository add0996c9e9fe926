namespace Dataplane.Cli.Bench;

/// <summary>The page of <c>dataplane bench --help</c>.</summary>
internal static class BenchHelp
{
    public const string Bench = """
        dataplane bench scaling|pipeline|latency [options]
        dataplane bench compare BEFORE.json AFTER.json [options]

        Measures what packets cost, on a made-up cluster, in memory. scaling: each proxy as the number of
        Services grows. pipeline: a node's whole pipeline by engine, frame size, flows, CNI and workers.
        latency: percentiles against offered load, up to saturation and beyond. compare: two reports.

          dataplane bench scaling --chart scaling.svg
          dataplane bench pipeline --chart pipeline.html
          dataplane bench pipeline --proxy ebpf,ipvs --flows 1000,1000000 --distribution uniform,zipf -o json
          dataplane bench latency --histogram at80.hgrm --chart latency.html
          dataplane bench compare before.json after.json

        scaling
              --services N,...   numbers of Services: 10,100,1000,5000,10000,50000
              --endpoints N      of each Service: 10
              --flows N          live connections, the same number at every point: 16384
              --rounds N         that count: 7; each visits all points in turn

        pipeline: every combination of the lists. Without any list, 64-byte frames of 10000 flows by ebpf and
        flannel, and from there each list alone, as long as it gets
              --full             every combination of those
              --proxy LIST       ebpf, iptables, ipvs
              --cni LIST         flannel, calico, cilium, openshift-sdn, ovn-kubernetes
              --frame-size LIST  64, imix (7 of 64, 4 of 594, 1 of 1518), 1500, or 64 to 9018 bytes
              --flows LIST       connections that stand: 1 to 4194304
              --distribution LIST  how they take turns: uniform, zipf (the k-th with weight 1/k)
              --workers LIST     threads: 1,2
              --packets N        of a trace, fewer where they fill 256 MiB: 1000000
              --rounds N         7

        latency: each of the lists above with one value, by one thread, which keeps the pace
              --loads LIST       in percent of saturation: 10,20,30,40,50,60,70,80,90,95,100,110,120
              --seconds N        of each load in each round: 1
              --rounds N         5
              --histogram PATH   of 80 % (or the largest load): HdrHistogram's percentiles, or its log if
                                 PATH ends in .hlog; or -

        pipeline and latency
              --services N       1000
              --endpoints N      of each Service: 4
              --policies N       NetworkPolicies, judged where the CNI enforces them: 0

        compare: exit code 1 if anything is slower than the noise explains. The noise is that of the rounds
        (1.57 times the distance of their quartiles by the root of their number, both reports together), and
        3 % at least

        all
              --proxy NAME       scaling: all of them
              --seed N           of the synthetic cluster and its traffic: 1
              --chart PATH       charts: .svg, or .html with the tables, for a browser
          -o, --output FORMAT    text (default), json
              --color WHEN       auto (default), always, never

        These are the emulator's nanoseconds, never a kernel's.

        """;
}
