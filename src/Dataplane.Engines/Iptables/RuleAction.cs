using System.Runtime.InteropServices;

namespace Dataplane.Engines.Iptables;

/// <summary>What a rule does once its key matches: rarer matches to ask, then a target. Read only then.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct RuleAction
{
    public const int Size = 16;

    public ActionKind Kind;
    public RejectWith Reject;
    public ushort MatchCount;
    public int FirstMatch;

    /// <summary>The first rule of the chain jumped to, or the place of the target's values.</summary>
    public int Argument;
}

/// <summary>Targets, and the two ends of a chain.</summary>
internal enum ActionKind : byte
{
    /// <summary>Counts and goes on: no target, LOG, TRACE.</summary>
    Continue,
    Jump,
    Goto,
    Return,
    Accept,
    Drop,
    Reject,
    Nat,
    Mark,
    ConnectionMarkSet,
    ConnectionMarkSave,
    ConnectionMarkRestore,
    NoTrack,
    SegmentSize,

    /// <summary>Behind the last rule of a user's chain.</summary>
    EndOfChain,
    PolicyAccept,
    PolicyDrop,
}
