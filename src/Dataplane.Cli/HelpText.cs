namespace Dataplane.Cli;

/// <summary>The pages of --help.</summary>
public static class HelpText
{
    public const string Root = """
        dataplane replays packet captures through an emulated Kubernetes dataplane.

          dataplane replay  -f cluster.yaml -r in.pcap -w out.pcapng
          dataplane inspect -f cluster.yaml -r in.pcap
          dataplane diff    out.pcapng reference.pcap
          dataplane diff    out.pcapng --dissect
          dataplane rules   -f cluster.yaml --node node-a
          dataplane trace   -f cluster.yaml --from shop/web-1 --to svc/shop/cart
          dataplane reach   -f cluster.yaml --expect expect.txt
          dataplane policy  lint -f cluster.yaml

        verbs
          replay      send a capture through a cluster, write what its nodes put on the wire
          inspect     show what was understood of manifests and captures, and what is not modelled
          diff        compare captures field by field as tshark reads them, or check one
          rules       print a node's tables as the real tool does
          trace       follow one packet, and its reply, step by step
          reach       tell who can talk to whom, and whether that is as expected
          policy      check NetworkPolicies, or compare two versions of them
          bench       measure what packets cost as a cluster grows
          generate    make clusters and captures up from a seed
          completion  print a script that completes commands in bash, zsh or fish
          manual      print the whole reference as a page for man

        dataplane VERB --help explains a verb; dataplane --version names the version.

        Results go to stdout, everything else to stderr; - is stdin or stdout.
        Exit codes: 0 done, 1 the answer is "no", 2 wrong usage or unreadable input,
        3 done but part of the input was damaged or is not modelled, 130 interrupted.

        """;

    public const string Replay = """
        dataplane replay -f MANIFESTS -r CAPTURE [-w OUT] [options]

        Sends every packet of a capture through the cluster that the manifests describe,
        and tells what became of it: forwarded, answered, dropped (why and where), ignored.

          dataplane replay -f cluster.yaml -r in.pcap -w out.pcapng
          kubectl get nodes,pods,services,endpointslices -A -o yaml |
            dataplane replay -f - -r in.pcap.gz -w out.pcapng --at all

        input
          -f, --manifests PATH   file, folder or -; YAML or JSON as kubectl prints it; repeatable
          -r, --read PATH        pcap or pcapng, also .gz .zst .lz4, or -; repeatable (merged by time)
          -c, --count N          stop after N packets
          -l, --loop N           replay N times; connections stay
          -K, --preload          read the capture into memory first
              --skew WHAT        clocks of several captures: auto (default) compares them by the packets
                                 that they share and corrects them, off does not, FILE=TIME says by
                                 how much FILE's clock is ahead: node-2.pcap=5ms; repeatable
                                 A packet seen at several points (any, several interfaces, several
                                 captures) counts once; the others are ignored as seen-again.
              --gso WHAT         TCP super-frames: segment (default), or keep them whole, as tcpdump
                                 sees them in front of the network card

        pace; one of
          -t, --topspeed         as fast as possible (the default)
          -x, --multiplier N     N times as fast as captured: 1 is as it was, 0.5 half as fast
          -p, --pps N            N packets a second
          -M, --mbps N           N megabits a second, by the frames' original lengths
                                 The report tells how late packets were sent (schedule).

        cluster
              --cni NAME         flannel, calico, cilium, openshift-sdn or ovn-kubernetes; without it,
                                 recognised from the manifests, and said; several, or all: a run for
                                 each, side by side
              --proxy NAME       how services are looked up: iptables, ipvs, ebpf; the CNI's own without it
              --rules [NODE=]F   a dump of iptables-save (and ipset save) or ipvsadm-save
              --routes NODE=F    what ip route or birdc show route print at a node; repeatable
              --entry NODE       where traffic from outside to a Service's outer address arrives
              --set KEY=VALUE    a setting, say vxlan.port=4789; repeatable. The nodes' links:
                                 link.rate=10Gbit link.queue=1000 link.delay=50us, on capture time
              --node NAME        emulate this node alone
              --workers N        threads, or auto: as many as processors (default 1). Output and
                                 counts are the same for any number

        output
          -w, --write PATH       capture of what comes out: pcapng, or pcap if it ends in .pcap, or -
              --at POINT         what is written: wire (default), pod, pod:NAMESPACE/NAME, tunnel,
                                 drops, all; repeatable
              --comments WHICH   packets that get a comment: some (not simply forwarded), all
              --epb-verdict      write epb_verdict options too (Wireshark 4.0 damages them)
              --drops PATH       one line of JSON for each dropped packet; - is stdout
              --histogram PATH   latency of all packets: percentiles in microseconds as HdrHistogram
                                 writes them (.hgrm), or its log in nanoseconds if it ends in .hlog,
                                 which other runs' logs can be added to; - is stdout
              --stage-times      what each stage takes: the clock is read behind each, in 1 of 64
                                 bursts, which costs about 10 ns a burst over all of them
          -o, --output FORMAT    text (default), json
              --color WHEN       auto (default), always, never
              --fail-on-drop     exit with 1 if a packet was dropped

        """;

    public const string Inspect = """
        dataplane inspect [-f MANIFESTS] [-r CAPTURE] [options]

        Shows what was understood of manifests and captures, what is odd, and what is not modelled.

          dataplane inspect -f cluster.yaml
          dataplane inspect -f cluster.yaml -r in.pcap.gz -o json

          -f, --manifests PATH   file, folder or -; repeatable
          -r, --read PATH        pcap or pcapng, also .gz .zst .lz4, or -; repeatable
              --cni NAME         flannel, calico, cilium, openshift-sdn or ovn-kubernetes; without it,
                                 recognised from the manifests
              --set KEY=VALUE    a setting, as replay takes it; repeatable
          -o, --output FORMAT    text (default), json
              --color WHEN       auto (default), always, never

        """;

    public const string Diff = """
        dataplane diff OURS REFERENCE [options]
        dataplane diff OUT --dissect [--input IN] [options]

        Compares two captures field by field as tshark dissects both, or checks that one
        dissects to the end with good checksums, good lengths and no warning about what
        the dataplane writes. tshark has to be on PATH, except with --native.

          dataplane diff out.pcapng reference.pcap
          dataplane diff out.pcapng reference.pcap --by inner -w delta.pcapng
          dataplane diff out.pcapng reference.pcap --ignore ip.ttl,ip.checksum*,tcp.options.*
          dataplane diff out.pcapng --dissect --input in.pcap

        two captures
              --by order|inner       match frames by their order (default), or by the innermost
                                     IP packet: all of it but TTL and header checksum
              --ignore FIELD,...     leave these out too; tshark's names, * for anything,
                                     "outer NAME" for the packet that carries a tunnel
              --only FIELD,...       compare these alone, also the ones expected to differ
              --native               our own parser under tshark's names: faster, fewer fields
              --show N               pairs of frames to show side by side: 5
          -w, --write PATH           frames that differ or have no partner as pcapng; interfaces
                                     ours and reference, comments that name the fields

        one capture
              --dissect              check one capture
              --input IN             the capture that was replayed: faults that it had already
                                     do not count; frames find their record by packet id

        both
              --tunnel-port PORT=vxlan|geneve
                                     a tunnel's port; 8472, 4789 and 6081 are known, others are
                                     found where frames of tunnels go there, and said
          -o, --output FORMAT        text (default), json
              --color WHEN           auto (default), always, never

        Times, numbers and interfaces of frames, the outer source port and IP id and the
        checksums that follow from them are expected to differ: ignored by name, and listed.
        Exit codes: 0 equal or good, 1 different or faulty, 2 wrong usage or unreadable input,
        3 equal or good as far as a damaged capture could be read.

        """;

    public const string Rules = """
        dataplane rules -f MANIFESTS --node NAME [options]

        Prints the rules that kube-proxy would have written on a node, chain names and all.

          dataplane rules -f cluster.yaml --node node-a | iptables-restore --test

          -f, --manifests PATH   file, folder or -; repeatable
              --node NAME        whose; without it, the only node of the manifests
              --proxy NAME       iptables (the default), ipvs, ebpf
              --family FAMILY    ipv4 (default), ipv6
              --with-sets        ipvs: ipsets and iptables rules, too
              --set KEY=VALUE    a setting, say proxy.clusterCIDR=10.244.0.0/16; repeatable
          -o, --output FORMAT    iptables-save, ipvsadm-save, text for ebpf (the proxy's own is the
                                 default); json with both families

        """;

    public const string Trace = """
        dataplane trace -f MANIFESTS --from WHO --to WHERE [options]
        dataplane trace -f MANIFESTS -r CAPTURE --packet N [options]

        Sends one packet through the cluster and tells every step: where it enters, which rules, buckets
        or map entries its Service is looked up with, what is translated, the route, the tunnel, where it
        arrives; then the same for the reply. A * marks what matched.

          dataplane trace -f cluster.yaml --from shop/web-1 --to svc/shop/cart
          dataplane trace -f cluster.yaml --from external --to svc/shop/web --proxy iptables
          dataplane trace -f cluster.yaml --from shop/web-1 --to http://cart.shop.svc:8080/

        packet
              --from WHO         NAMESPACE/POD, node/NAME, an address, or external
              --to WHERE         NAMESPACE/POD, svc/NAMESPACE/NAME, node/NAME, an address,
                                 NAME.NAMESPACE.svc, or a URL
              --port N           where the destination has more than one, or none that is known
              --protocol NAME    tcp udp sctp icmp; without it, the Service port's, else tcp
              --source-port N    40000
          -r, --read PATH        a capture; packets before number N go through first; repeatable (merged by
                                 time, as replay merges them)
              --packet N         its number, from 1. Where it shows a packet that another point has shown
                                 before, that one's number is told
              --skew WHAT        clocks of several captures, as replay takes it

        cluster
          -f, --manifests PATH   file, folder or -; repeatable
              --cni NAME         flannel, calico, cilium, openshift-sdn or ovn-kubernetes; without it,
                                 recognised from the manifests, and said
              --proxy NAME       iptables, ipvs, ebpf; the CNI's own without it
              --rules [NODE=]FILE  a dump of iptables-save or ipvsadm-save; repeatable
              --routes NODE=FILE  what ip route or birdc show route print at a node; repeatable
              --entry NODE       where traffic from outside arrives
              --node NAME        emulate this node alone
              --set KEY=VALUE    a setting, as replay takes it; repeatable

        output
          -o, --output FORMAT    text (default), json
              --color WHEN       auto (default), always, never
              --fail-on-drop     exit with 1 if the packet or its reply was dropped

        """;

    public const string Generate = """
        dataplane generate cluster [options]
        dataplane generate traffic -f MANIFESTS -w CAPTURE [options]

        Makes up a cluster of any size as manifests, and captures that belong to a cluster; the same options
        give the same bytes on every machine.

          dataplane generate cluster --nodes 10 --pods 100 --services 500 -w cluster.yaml
          dataplane generate traffic -f cluster.yaml -w traffic.pcap --packets 1000000 --flows 100000
          dataplane generate traffic -f cluster.yaml -w scan.pcapng --mix tcp=60,udp=10,dns=10,scan=20
          dataplane generate traffic -f cluster.yaml -w wire.pcap --encapsulated
          dataplane generate cluster --dual-stack -o json | dataplane inspect -f -

        cluster
              --nodes N          3
              --pods N           on each node: 10
              --namespaces N     beside kube-system, which has CoreDNS: 4
              --services N       with TCP port 80 and UDP port 8125 each: 10
              --endpoints N      of each Service: 3
              --policies N       NetworkPolicies; even ones let in one team's namespaces, odd ones all: 0
              --dual-stack       IPv6 beside IPv4
              --cni NAME         whose annotations nodes have: flannel (default), none
          -w, --write PATH       manifests; without it, stdout
          -o, --output FORMAT    yaml (default), json (default where PATH ends in .json)

        traffic, as seen at the clients' veths
          -f, --manifests PATH   file, folder or -; repeatable; any cluster's
          -w, --write PATH       pcapng, or pcap if it ends in .pcap, also .gz .zst .lz4, or -
              --packets N        1000000
              --flows N          that live side by side: 10000. A flow that ends begins again
              --distribution D   how flows take turns: uniform (default), zipf (the k-th with weight 1/k)
              --frame-size SIZE  imix (default: 7 of 64, 4 of 594, 1 of 1518), 1500, or 64 to 9018 bytes,
                                 the checksum of four included, which captures do not hold
              --mtu BYTES        the largest IP packet: with imix 1450, which VXLAN leaves of 1500
              --mix LIST         flows in percent: tcp=80,udp=15,dns=5,scan=0
              --replies PERCENT  of packets with payload: 50; TCP's handshakes are whole in any case
              --ipv6 PERCENT     of flows of pods that have both families: 50
              --node NAME        the clients are this node's pods alone
              --long-lived       connections do not end; without it, after 4 to 63 packets with payload
              --encapsulated     not what clients see, but what is between the nodes: the emulated cluster's
                                 own frames (and --mtu is what its pods have)
              --cni NAME         with --encapsulated; without it, recognised from the manifests
          -p, --pps N            packets a second by the capture's clock, in nanoseconds: 1000000
          -o, --output FORMAT    text (default), json

        both
              --seed N           1

        """;
}
