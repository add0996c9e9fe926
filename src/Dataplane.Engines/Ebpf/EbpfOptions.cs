namespace Dataplane.Engines.Ebpf;

/// <summary>How a backend is chosen: Cilium's <c>--bpf-lb-algorithm</c>.</summary>
public enum LbAlgorithm : byte
{
    /// <summary>Cilium's default.</summary>
    Random,
    Maglev,
}

/// <summary>What is sent on to other nodes without a source of this one's: Cilium's <c>--bpf-lb-mode</c>.</summary>
public enum LbDirectReturn : byte
{
    /// <summary>snat.</summary>
    None,

    /// <summary>hybrid.</summary>
    Tcp,

    /// <summary>dsr.</summary>
    All,
}

/// <summary>What the tables depend on besides the cluster.</summary>
public sealed record EbpfOptions
{
    public static readonly EbpfOptions Default = new();

    public LbAlgorithm Algorithm { get; init; }

    /// <summary>Which protocols' backends on other nodes answer the outside by themselves.</summary>
    public LbDirectReturn DirectReturn { get; init; }

    /// <summary>Entries of each Maglev table; one of <see cref="Maglev.Sizes"/>.</summary>
    public int MaglevSize { get; init; } = Maglev.DefaultSize;
}
