using System.Numerics;
using Dataplane.Cluster.Synthetic;

namespace Dataplane.Replay.Generate;

/// <summary>
/// Draws the next flow, in whole numbers alone: logarithms differ from machine to machine in their last bit.
/// </summary>
internal readonly struct FlowPick(int flows, FlowDistribution distribution)
{
    private readonly uint _octaves = (uint)BitOperations.Log2((uint)flows) + 1;

    public int Next(ref SplitMix random) =>
        distribution == FlowDistribution.Uniform ? (int)random.Below((uint)flows) : Zipf(ref random);

    /// <summary>
    /// Ranks between 2^j and 2^(j+1) together weigh about the same for every j: an octave is drawn, a rank in it, and
    /// the rank k is kept with probability 2^j / k, which leaves 1 / k.
    /// </summary>
    private int Zipf(ref SplitMix random)
    {
        while (true)
        {
            int octave = (int)random.Below(_octaves);
            uint rank = (1u << octave) + random.Below(1u << octave);
            if (rank <= flows && random.Below(rank) < 1u << octave) return (int)rank - 1;
        }
    }
}
