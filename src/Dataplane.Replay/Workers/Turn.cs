using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dataplane.Replay.Workers;

/// <summary>
/// Whose turn it is: numbers from 0, one behind the other, each waited for by one thread. On cache lines of its own.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Turn
{
    /// <summary>Looks at the turn before others get the core: some bursts' time.</summary>
    private const int Patience = 100;

    [FieldOffset(128)]
    private long _now;

    /// <summary>Spins, then leaves the core to others; false where the crew was stopped before the turn came.</summary>
    public bool Await(long number, in bool isStopped)
    {
        for (int round = 0; Volatile.Read(ref _now) != number; round++)
        {
            if (Volatile.Read(in isStopped)) return false;

            Pass(round);
        }

        return true;
    }

    /// <summary>Lets a moment pass; the core goes to others where it has been many.</summary>
    public static void Pass(int round)
    {
        if (round >= Patience) Thread.Yield();
        else if (X86Base.IsSupported) X86Base.Pause();
        else Thread.SpinWait(1);
    }

    /// <summary>The next one's turn.</summary>
    public void End() => Volatile.Write(ref _now, _now + 1);
}
