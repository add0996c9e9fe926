using Dataplane.Cluster.Network;

namespace Dataplane.Cluster.Cni.Cilium;

/// <summary>
/// bpf-lb-mode and bpf-lb-dsr-dispatch, with what cilium-agent itself asks of them when it starts
/// (its kube_proxy_replacement.go).
/// </summary>
internal static class CiliumReturns
{
    /// <summary>Null where replies to the outside go back by the node that was asked.</summary>
    public static ReturnSettings? Make(CiliumConfiguration configuration, TunnelSettings? tunnel, CniRequest request)
    {
        if (!configuration.ReplacesKubeProxy || configuration.LoadBalancerMode is "" or "snat") return null;

        string mode = configuration.LoadBalancerMode;
        string? fault = FaultOf(configuration, tunnel);
        if (fault is not null)
        {
            request.Note(
                $"{configuration.Source}: cilium-config's bpf-lb-mode {mode} {fault}: "
                + "replies to the outside come back by the node that it asked, as with snat");
            return null;
        }

        bool isByGeneve = configuration.ReturnDispatch == "geneve";
        string option = isByGeneve ? "a Geneve option (class 0x014b, type 0x81)"
            : "an IPv4 option (type 0x9a) or an IPv6 destination option (type 0x1b)";
        string what = mode == "hybrid"
            ? "TCP from outside to another node's backend keeps its source (other protocols do not)"
            : "what comes from outside for another node's backend keeps its source";
        request.Note(
            $"{configuration.Source}: cilium-config's bpf-lb-mode {mode}: {what}, tells the frontend in {option}, "
            + "and is answered by the backend's node");
        return new ReturnSettings(configuration.Source)
        {
            IsByGeneve = isByGeneve,
            IsTcpOnly = mode == "hybrid",
            TellsMtu = configuration.TellsMtu,
        };
    }

    private static string? FaultOf(CiliumConfiguration configuration, TunnelSettings? tunnel) =>
        configuration.ReturnDispatch switch
        {
            _ when configuration.LoadBalancerMode is not ("dsr" or "hybrid") => "is not one of snat, dsr and hybrid",
            "ipip" => "with bpf-lb-dsr-dispatch ipip is not emulated",
            "opt" when tunnel is not null =>
                "with bpf-lb-dsr-dispatch opt needs native routing (cilium-agent would not start)",
            "geneve" when (tunnel?.Kind ?? TunnelKind.Geneve) != TunnelKind.Geneve
                || (tunnel is null && configuration.TunnelProtocol != "geneve") =>
                "with bpf-lb-dsr-dispatch geneve needs tunnel-protocol geneve (cilium-agent would not start)",
            "opt" or "geneve" => null,
            string other => $"with bpf-lb-dsr-dispatch {other} is not known (opt, geneve, ipip)",
        };
}
