using Dataplane.Fuzz.Targets;

namespace Dataplane.Fuzz;

/// <summary>The one place that lists the targets.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("views", ViewsTarget.Run, ViewsTarget.Seeds),
        new("pcap", CaptureTargets.RunPcap, CaptureTargets.PcapSeeds),
        new("pcapng", CaptureTargets.RunPcapng, CaptureTargets.PcapngSeeds),
        new("stream", CaptureTargets.RunStream, CaptureTargets.StreamSeeds),
        new("yaml", ManifestTargets.RunYaml, ManifestTargets.YamlSeeds),
        new("json", ManifestTargets.RunJson, ManifestTargets.JsonSeeds),
        new("iptables", TextTargets.RunIptables, TextTargets.IptablesSeeds),
        new("ipvs", TextTargets.RunIpvs, TextTargets.IpvsSeeds),
        new("routes", TextTargets.RunRoutes, TextTargets.RouteSeeds),
        new("pipeline", PipelineTarget.Run, PipelineTarget.Seeds),
    ];

    /// <exception cref="InvalidDataException">There is no such target.</exception>
    public static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new InvalidDataException(
            $"no target {name}: there are {string.Join(", ", All.Select(target => target.Name))}");
}
