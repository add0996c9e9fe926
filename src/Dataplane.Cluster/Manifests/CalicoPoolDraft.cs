using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>Calico's IPPool.</summary>
internal sealed class CalicoPoolDraft(SourceLine source) : CustomObjectDraft(source, "IPPool")
{
    private IpPrefix? _cidr;
    private EncapsulationMode _ipIp;
    private EncapsulationMode _vxlan;
    private bool _natOutgoing;
    private bool _disabled;
    private int _blockSize;

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(new CalicoPool(Name, Source)
    {
        Cidr = _cidr ?? throw Missing("spec.cidr"),
        IpIpMode = _ipIp,
        VxlanMode = _vxlan,
        NatOutgoing = _natOutgoing,
        Disabled = _disabled,
        BlockSize = _blockSize > 0 ? _blockSize : _cidr.Value.Address.IsV4 ? 26 : 122,
    });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "cidr": _cidr = cursor.ReadPrefix("spec.cidr"); break;
            case "ipipMode": _ipIp = ReadMode(cursor, "spec.ipipMode"); break;
            case "vxlanMode": _vxlan = ReadMode(cursor, "spec.vxlanMode"); break;
            case "natOutgoing": _natOutgoing = cursor.ReadBool("spec.natOutgoing"); break;
            case "disabled": _disabled = cursor.ReadBool("spec.disabled"); break;
            case "blockSize": _blockSize = cursor.ReadNumber("spec.blockSize", 20, 128); break;
            default: cursor.Skip(); break;
        }
    }

    private static EncapsulationMode ReadMode(ManifestCursor cursor, string what) => cursor.Scalar(what) switch
    {
        "" or "Never" => EncapsulationMode.Never,
        "CrossSubnet" => EncapsulationMode.CrossSubnet,
        "Always" => EncapsulationMode.Always,
        ReadOnlySpan<char> other => throw new ObjectDamageException(
            cursor.Line, $"{what} is \"{ManifestCursor.Shorten(other)}\", not Always, CrossSubnet or Never"),
    };
}
