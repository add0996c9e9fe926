namespace Dataplane.Core;

/// <summary>What stands behind an address, and its number in the table of that kind.</summary>
public readonly record struct Place
{
    private const int KindShift = 28;
    private const uint IndexMask = (1u << KindShift) - 1;

    private readonly uint _packed;

    public Place(PlaceKind kind, int index = 0) => _packed = (uint)kind << KindShift | (uint)index & IndexMask;

    public PlaceKind Kind => (PlaceKind)(_packed >> KindShift);

    /// <summary>Pod: endpoint. Unlisted and Node: see <see cref="PlaceKind"/>.</summary>
    public int Index => (int)(_packed & IndexMask);

    /// <summary>The value that tables store; <see cref="FromPacked"/> reads it back.</summary>
    public uint Packed => _packed;

    private Place(uint packed) => _packed = packed;

    public static Place FromPacked(uint packed) => new(packed);
}

/// <summary>Where an address leads.</summary>
public enum PlaceKind : byte
{
    /// <summary>Not of this cluster.</summary>
    Outside,

    /// <summary>A pod; index: endpoint.</summary>
    Pod,

    /// <summary>In a node's podCIDR, but no Pod object has it; index: node.</summary>
    Unlisted,

    /// <summary>A node's own address; index: number in the table of node addresses.</summary>
    Node,

    /// <summary>A Service's address; index: see <see cref="Topology.ServiceEntries"/>.</summary>
    Service,

    /// <summary>Multicast and broadcast.</summary>
    Group,

    /// <summary>Loopback, unspecified, reserved: never on a wire.</summary>
    Martian,
}
