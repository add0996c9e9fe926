using Dataplane.Cluster.Model;

namespace Dataplane.Cluster.Manifests;

/// <summary>Calico's FelixConfiguration.</summary>
internal sealed class CalicoFelixDraft(SourceLine source) : CustomObjectDraft(source, "FelixConfiguration")
{
    private CalicoFelix _felix = new("", source);

    public override bool IsNamespaced => false;

    public override void AddTo(SnapshotDraft snapshot) => snapshot.Add(_felix with { Name = Name });

    protected override void ReadSpecField(ManifestCursor cursor)
    {
        switch (cursor.Key)
        {
            case "ipipMTU": _felix = _felix with { IpIpMtu = ReadMtu(cursor, "spec.ipipMTU") }; break;
            case "vxlanMTU": _felix = _felix with { VxlanMtu = ReadMtu(cursor, "spec.vxlanMTU") }; break;
            case "vxlanPort": _felix = _felix with { VxlanPort = cursor.ReadPort("spec.vxlanPort") }; break;
            case "vxlanVNI":
                _felix = _felix with { VxlanVni = (uint)cursor.ReadNumber("spec.vxlanVNI", 0, 0xFFFFFF) };
                break;
            case "bpfEnabled": _felix = _felix with { BpfEnabled = cursor.ReadBool("spec.bpfEnabled") }; break;
            case "wireguardEnabled":
                _felix = _felix with { WireguardEnabled = cursor.ReadBool("spec.wireguardEnabled") };
                break;
            default: cursor.Skip(); break;
        }
    }

    // 0 is Felix's word for finding out by itself.
    private static int? ReadMtu(ManifestCursor cursor, string what)
    {
        int mtu = cursor.ReadNumber(what, 0, ushort.MaxValue);
        return mtu == 0 ? null : mtu;
    }
}
