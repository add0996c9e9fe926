using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// Looks at a burst behind each stage. A struct argument: with <see cref="NoWatch"/> no trace of it is left.
/// </summary>
public interface IStageWatch
{
    /// <summary>
    /// Whether each packet is to be seen in each stage; otherwise the beaten track stands, as without a watch.
    /// </summary>
    static abstract bool SeesEveryStage { get; }

    /// <summary>The stage has done its work on all lanes.</summary>
    void After(Stage stage, PacketBurst burst);
}

/// <summary>Nobody looks.</summary>
public readonly struct NoWatch : IStageWatch
{
    public static bool SeesEveryStage => false;

    public void After(Stage stage, PacketBurst burst)
    {
    }
}
