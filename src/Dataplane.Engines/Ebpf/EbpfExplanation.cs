using Dataplane.Core;
using Dataplane.Engines.Explanation;
using Dataplane.Wire;

namespace Dataplane.Engines.Ebpf;

/// <summary>The map entries that a look-up read, in its order (<c>bpf/lib/lb.h</c>, <c>lb4_local</c>).</summary>
internal static class EbpfExplanation
{
    public static void Tell(EbpfTables tables, in FlowKey key, in ServiceVerdict verdict, ICollection<LookupStep> steps)
    {
        var frontend = new LbServiceKey(key.Destination, key.DestinationPort, key.Protocol, key.Family, slot: 0);
        bool isService = tables.TryGetService(in frontend, out LbService service);
        string asked = $"services map: port {key.DestinationPort}, protocol {key.Protocol}, slot 0";
        if (!isService)
        {
            steps.Add(new LookupStep("map", $"{asked}: no entry, so no Service"));
            return;
        }

        EbpfFrontend known = tables.FrontendOf(verdict.Service);
        steps.Add(new LookupStep(
            "map", $"{asked}: {known.Service}, {service.Count} backends, reverse NAT {service.ReverseNat}")
        {
            IsMatch = true,
        });
        if (verdict.Outcome != ServiceOutcome.Backend) return;

        TellChoice(tables, in frontend, in service, in verdict, steps);
        EbpfBackend backend = tables.BackendOf(verdict.Backend);
        steps.Add(new LookupStep("map", $"backends map: id {verdict.Backend}: {TextOf(backend.Address, backend.Port)}")
        {
            IsMatch = true,
        });
    }

    private static void TellChoice(
        EbpfTables tables, in LbServiceKey frontend, in LbService service, in ServiceVerdict verdict,
        ICollection<LookupStep> steps)
    {
        if ((service.Flags & LbServiceFlags.Affinity) != 0)
        {
            steps.Add(new LookupStep(
                "map", $"affinity map: client and reverse NAT {service.ReverseNat}, for {service.AffinitySeconds} s"));
        }

        if (tables.MaglevBytes != 0)
        {
            steps.Add(new LookupStep("map", $"Maglev map: reverse NAT {service.ReverseNat}: backend {verdict.Backend}")
            {
                IsMatch = true,
            });
            return;
        }

        for (int slot = 1; slot <= service.Count; slot++)
        {
            LbServiceKey entry = frontend.At((ushort)slot);
            if (!tables.TryGetService(in entry, out LbService chosen) || chosen.BackendId != verdict.Backend) continue;

            steps.Add(new LookupStep("map", $"services map: slot {slot} of {service.Count}: backend {chosen.BackendId}")
            {
                IsMatch = true,
            });
            return;
        }
    }

    private static string TextOf(IpAddress address, ushort port) =>
        address.IsV6 ? $"[{address}]:{port}" : $"{address}:{port}";
}
