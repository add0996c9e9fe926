namespace Dataplane.Cli.Policies;

/// <summary>The pages of --help of the verbs about policies.</summary>
public static class PolicyHelp
{
    public const string Policy = """
        dataplane policy lint -f MANIFESTS [options]
        dataplane policy diff --old MANIFESTS --new MANIFESTS [options]

        lint says what in NetworkPolicies does not do what it looks like: selectors that match nothing (and
        the nearest label), ports that no container has, egress without DNS, ClusterIPs in egress ipBlocks,
        policies that the CNI ignores. diff says which pods can talk that could not, and the other way round,
        and the line that does it.

          dataplane policy lint -f cluster.yaml
          kubectl get nodes,ns,pods,services,endpointslices,netpol -A -o yaml | dataplane policy lint -f -
          dataplane policy diff -f cluster.yaml --old before.yaml --new after.yaml

        lint
          -f, --manifests PATH   file, folder or -; repeatable

        diff
              --old PATH         manifests before the change; repeatable
              --new PATH         manifests after it; repeatable
          -f, --manifests PATH   what is the same on both sides; repeatable

        both
              --cni NAME         flannel; without it, recognised from the manifests
              --set KEY=VALUE    a setting: policy.enforcer=calico beside flannel, say
          -o, --output FORMAT    text (default), json, junit, sarif
              --color WHEN       auto (default), always, never

        Exit codes: 0 nothing to say, 1 a warning or a change, 2 wrong usage or unreadable input.

        """;
}
