namespace Dataplane.Cli.Policies;

/// <summary>The pages of --help of the verbs about policies.</summary>
public static class PolicyHelp
{
    public const string Policy = """
        dataplane policy lint -f MANIFESTS [options]
        dataplane policy diff [-f MANIFESTS] --old MANIFESTS --new MANIFESTS [options]

        lint says what in NetworkPolicies does not do what it looks like: selectors that match nothing (and
        the nearest label), ports that no container has, egress without DNS, ClusterIPs in egress ipBlocks,
        policies that the CNI ignores. diff says which pods can talk that could not, and the other way round,
        and the line that does it.

          dataplane policy lint -f cluster.yaml
          kubectl get nodes,ns,pods,services,endpointslices,netpol -A -o yaml | dataplane policy lint -f -
          dataplane policy diff -f cluster.yaml --old before.yaml --new after.yaml
          dataplane policy diff -f cluster.yaml --new one-policy-more.yaml

        lint
          -f, --manifests PATH   file, folder or -; repeatable

        diff
              --old PATH         manifests before the change; repeatable
              --new PATH         manifests after it; repeatable
          -f, --manifests PATH   what is the same on both sides; repeatable
          -r, --read PATH        a capture: which of its flows would be dropped or allowed; repeatable
                                 (merged by time). What several points show counts once, as in replay
              --skew WHAT        clocks of several captures, as replay takes it
              --port N[/PROTO]   80, 80/tcp, 53/udp; repeatable. Without it, the destinations' container ports

        both
              --cni NAME         flannel, calico, cilium, openshift-sdn, ovn-kubernetes; without it, recognised
              --set KEY=VALUE    a setting: policy.enforcer=calico beside flannel, say
          -o, --output FORMAT    text (default), json, junit, sarif
              --color WHEN       auto (default), always, never

        Exit codes: 0 nothing to say, 1 a warning or a change, 2 wrong usage or unreadable input.

        """;

    public const string Reach = """
        dataplane reach -f MANIFESTS [options]

        Tells who can talk to whom, pod by pod, under the cluster's NetworkPolicies; a dot is yes, an X is no.
        With --expect, checks what should be allowed and denied: for continuous integration.

          dataplane reach -f cluster.yaml
          dataplane reach -f cluster.yaml --to shop/app=database --port 5432/tcp
          dataplane reach -f cluster.yaml --expect expect.txt -o junit

        cluster
          -f, --manifests PATH   file, folder or -; repeatable
              --cni NAME         flannel, calico, cilium, openshift-sdn, ovn-kubernetes; without it, recognised
              --set KEY=VALUE    a setting: policy.enforcer=calico beside flannel, say; repeatable

        question
              --port N[/PROTO]   80, 80/tcp, 53/udp; repeatable. Without it, the destinations' container ports
              --from WHO         any, NAMESPACE/POD, NAMESPACE/*, a selector as kubectl has it (app=web,tier!=db),
                                 NAMESPACE/SELECTOR, */SELECTOR, an address; without it, all pods
              --to WHO           the same, or svc/NAMESPACE/NAME
          -n, --namespace NAME   where selectors without a namespace look; without --to, the destinations
              --include-services     Services, too: what their endpoints' policies say behind translation
              --include-external A   an address outside, too; repeatable

        expectations
              --expect FILE      lines: allow|deny FROM -> TO [PORT[/PROTO],...]; # begins a comment. Every pair
                                 has to be so; without a port, the destinations' container ports
                                   deny  any -> shop/app=database 5432/tcp
                                   allow shop/app=backend -> svc/shop/postgres 5432/tcp
                                   deny  shop/app=database -> 203.0.113.9 443/tcp

        output
          -o, --output FORMAT    text (default), json; with --expect also junit, sarif
              --color WHEN       auto (default), always, never

        Exit codes: 0 done, 1 an expectation does not hold, 2 wrong usage or unreadable input,
        3 done but part of the input was damaged.

        """;
}
