using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>Looks at a burst behind each stage. A struct argument: with <see cref="NoWatch"/> no trace of it is left.</summary>
public interface IStageWatch
{
    /// <summary>The stage has done its work on all lanes.</summary>
    void After(Stage stage, PacketBurst burst);
}

/// <summary>Nobody looks.</summary>
public readonly struct NoWatch : IStageWatch
{
    public void After(Stage stage, PacketBurst burst)
    {
    }
}
