using System.Collections.Immutable;

namespace Dataplane.Replay.Rules;

/// <summary>Prints one proxy's tables; one file each, listed in <see cref="RulesRunner"/>.</summary>
public interface IRulesPrinter
{
    /// <summary>As <c>--proxy</c> names it.</summary>
    string Proxy { get; }

    /// <summary>What <c>--output</c> may be; the first is the default.</summary>
    ImmutableArray<string> Formats { get; }

    string Print(RulesRequest request, string format);
}
