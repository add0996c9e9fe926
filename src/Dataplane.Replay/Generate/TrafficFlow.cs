using Dataplane.Wire;

namespace Dataplane.Replay.Generate;

internal enum FlowKind : byte
{
    Tcp,
    Udp,
    Dns,
    Scan,
}

/// <summary>Where in a connection's life a flow is; after the last it begins again with another source port.</summary>
internal enum FlowPhase : byte
{
    Begin,
    Accept,
    Confirm,
    Data,
    Finish,
    FinishBack,
    Last,
}

/// <summary>What changes of a flow; the rest follows from its number.</summary>
internal struct FlowState
{
    public uint ClientSequence;
    public uint ServerSequence;
    public ushort Generation;
    public ushort Left;
    public FlowPhase Phase;
}

/// <summary>What a flow's number says: who talks to whom.</summary>
internal readonly record struct FlowPath(
    FlowKind Kind, Client Client, IpAddress Source, Target Target, uint FirstPort, uint Ports)
{
    public ushort PortOf(ushort generation) => (ushort)(FirstPort + generation % Ports);
}
