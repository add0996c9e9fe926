using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>v1 Pod.</summary>
internal sealed class PodDraft(SourceLine source) : ObjectDraft(source)
{
    private ImmutableArray<ContainerPort> _ports = [];
    private ImmutableArray<ContainerPort> _sidecarPorts = [];
    private ImmutableArray<IpAddress> _addresses = [];
    private ImmutableArray<IpAddress> _address = [];
    private string _nodeName = "";
    private string _phase = "";
    private bool _hostNetwork;

    protected override bool KeepsLabels => true;

    protected override bool KeepsAnnotations => true;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new Pod(Namespace, Name, Source)
    {
        Labels = Labels,
        Annotations = Annotations,
        NodeName = _nodeName,
        HostNetwork = _hostNetwork,
        Phase = _phase,
        Addresses = _addresses.IsEmpty ? _address : _addresses,
        Ports = _ports.AddRange(_sidecarPorts),
    });

    protected override void ReadField(ManifestCursor cursor)
    {
        if (cursor.Key is "spec" && cursor.EnterMap("spec")) ReadSpec(cursor);
        else if (cursor.Key is "status" && cursor.EnterMap("status")) ReadStatus(cursor);
        else cursor.Skip();
    }

    private void ReadSpec(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "nodeName": _nodeName = cursor.ReadText("spec.nodeName"); break;
                case "hostNetwork": _hostNetwork = cursor.ReadBool("spec.hostNetwork"); break;
                case "containers": _ports = ReadContainers(cursor, "spec.containers", onlySidecars: false); break;
                case "initContainers":
                    _sidecarPorts = ReadContainers(cursor, "spec.initContainers", onlySidecars: true);
                    break;
                default: cursor.Skip(); break;
            }
        }
    }

    private void ReadStatus(ManifestCursor cursor)
    {
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "phase": _phase = cursor.ReadText("status.phase"); break;
                case "podIP" when cursor.Scalar("status.podIP").Length > 0:
                    if (cursor.TryReadAddress("status.podIP", out IpAddress address)) _address = [address];
                    break;
                case "podIPs" when cursor.EnterList("status.podIPs"):
                    while (cursor.NextItem()) ReadPodIp(cursor);
                    break;
                default: cursor.Skip(); break;
            }
        }
    }

    private void ReadPodIp(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("status.podIPs")) return;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is not "ip") cursor.Skip();
            else if (cursor.TryReadAddress(
                "status.podIPs[].ip", out IpAddress address)) _addresses = _addresses.Add(address);
        }
    }

    private static ImmutableArray<ContainerPort> ReadContainers(ManifestCursor cursor, string what, bool onlySidecars)
    {
        ImmutableArray<ContainerPort> all = [];
        if (!cursor.EnterList(what)) return all;

        while (cursor.NextItem())
        {
            ImmutableArray<ContainerPort> ports = ReadContainer(cursor, what, out bool restartsAlways);
            if (restartsAlways || !onlySidecars) all = all.AddRange(ports);
        }

        return all;
    }

    private static ImmutableArray<ContainerPort> ReadContainer(
        ManifestCursor cursor, string what, out bool restartsAlways)
    {
        ImmutableArray<ContainerPort> ports = [];
        restartsAlways = false;
        if (!cursor.EnterMap(what)) return ports;

        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "ports": ports = cursor.ReadGoodItems("ports", ReadPort).RemoveAll(port => port.Port == 0); break;
                case "restartPolicy": restartsAlways = cursor.Scalar("restartPolicy") is "Always"; break;
                default: cursor.Skip(); break;
            }
        }

        return ports;
    }

    private static ContainerPort ReadPort(ManifestCursor cursor)
    {
        int line = cursor.Line;
        if (!cursor.EnterMap("ports")) throw cursor.Expected("a map", "ports");

        string name = "";
        byte protocol = IpProtocol.Tcp;
        ushort port = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "name": name = cursor.ReadText("ports[].name"); break;
                case "protocol": protocol = cursor.ReadProtocol("ports[].protocol"); break;
                case "containerPort" when cursor.Source.Kind != TokenKind.Null:
                    port = cursor.ReadPort("ports[].containerPort");
                    break;
                default: cursor.Skip(); break;
            }
        }

        if (port == 0) cursor.Report(Severity.Warning, line, "ports[] has no containerPort: it is left out");
        return new ContainerPort(name, port, protocol);
    }
}
