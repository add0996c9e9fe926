namespace Dataplane.Engines.Iptables;

/// <summary>Where in a packet's way tables are asked (<c>uapi/linux/netfilter.h</c>).</summary>
public enum NetfilterHook : byte
{
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// <summary>The tables in the order in which a hook asks them.</summary>
public enum NetfilterTable : byte
{
    Raw,
    Mangle,
    Nat,
    Filter,
}
