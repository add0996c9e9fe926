using Dataplane.Core;

namespace Dataplane.Engines.Explanation;

/// <summary>
/// An engine that can tell what a look-up reads, by doing it: what is told and what is decided cannot differ.
/// </summary>
public interface IExplainingEngine : IServiceEngine
{
    /// <summary>
    /// As <see cref="IServiceEngine.Lookup"/>, with everything that it came by in <paramref name="steps"/>.
    /// </summary>
    ServiceVerdict Explain(in ServiceQuery query, in ServiceState state, ref Draw draw, ICollection<LookupStep> steps);
}
