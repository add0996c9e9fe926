using Dataplane.Core;

namespace Dataplane.Pipeline;

/// <summary>
/// The policies of a run: one call for a burst, so that what enforces them need not be known where the stages are.
/// </summary>
public interface IPolice
{
    /// <summary>See <see cref="IPolicyEngine.JudgesEstablished"/>.</summary>
    bool JudgesEstablished { get; }

    void Run(PacketBurst burst, PipelineState state);
}

/// <summary>One engine's.</summary>
public sealed class Police<TPolicy>(TPolicy policy) : IPolice
    where TPolicy : struct, IPolicyEngine
{
    private readonly TPolicy _policy = policy;

    public bool JudgesEstablished => TPolicy.JudgesEstablished;

    public void Run(PacketBurst burst, PipelineState state) => PoliceStage.Judge(burst, state, in _policy);
}
