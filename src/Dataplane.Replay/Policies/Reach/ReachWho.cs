using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;
using Dataplane.Replay.Policies.Lint;
using Dataplane.Wire;

namespace Dataplane.Replay.Policies.Reach;

/// <summary>
/// Who is meant: <c>any</c>, <c>shop/web-1</c>, <c>shop/*</c>, <c>shop/app=web</c>, <c>*/app=web</c>, <c>app=web</c>,
/// <c>svc/shop/web</c>, an address.
/// </summary>
public sealed record ReachWho
{
    private const string Everybody = "any";
    private const string Star = "*";
    private const string ServicePrefix = "svc/";

    private ReachWho(string text) => Text = text;

    public string Text { get; }

    public IpAddress? Address { get; private init; }

    /// <summary><c>namespace/name</c> of a Service.</summary>
    public string? Service { get; private init; }

    private string? Pod { get; init; }

    /// <summary>Null: of all.</summary>
    private string? Namespace { get; init; }

    private LabelSelector Selector { get; init; } = LabelSelector.Everything;

    /// <summary>A FormatException says what is wrong with it, without saying where it stood.</summary>
    /// <param name="text">One of the forms above.</param>
    /// <param name="space">Where a selector without a namespace looks; null: in all.</param>
    public static ReachWho Parse(string text, string? space = null)
    {
        if (text.Length == 0) throw new FormatException("nobody is named");
        if (text == Everybody) return new ReachWho(text);
        if (IpAddress.TryParse(text, out IpAddress address)) return new ReachWho(text) { Address = address };
        if (text.StartsWith(ServicePrefix, StringComparison.Ordinal))
        {
            string name = text[ServicePrefix.Length..];
            return name.Split('/') is [{ Length: > 0 }, { Length: > 0 }]
                ? new ReachWho(text) { Service = name }
                : throw new FormatException("a Service is written svc/NAMESPACE/NAME");
        }

        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && IsNamespace(text[..slash])) return InNamespace(text, text[..slash], text[(slash + 1)..]);

        return new ReachWho(text) { Namespace = space, Selector = SelectorText.Parse(text) };
    }

    /// <summary>Positions of the pods that are meant; empty for none.</summary>
    public ImmutableArray<int> PodsOf(ReachEnds ends)
    {
        if (Pod is not null)
        {
            int found = ends.Find(Pod);
            return found < 0 ? [] : [found];
        }

        return [.. Enumerable.Range(0, ends.PodCount).Where(end => IsMeant(ends.PodOf(end)))];
    }

    /// <summary>Why nobody is: with the name or label that is nearest.</summary>
    public string NearMiss(ReachEnds ends)
    {
        if (Pod is not null)
        {
            string? nearest = ends.Nearest(Pod);
            return $"there is no pod {Pod}{(nearest is null ? "" : $": did you mean {nearest}?")}";
        }

        Pod[] inside = [.. Enumerable.Range(0, ends.PodCount).Select(ends.PodOf).Where(IsInNamespace)];
        return inside.Length == 0
            ? $"there is no pod{(Namespace is null ? "" : $" in namespace {Namespace}")}"
            : $"no pod matches: {new LabelInventory("pod", inside.Select(pod => pod.Labels)).NearMiss(Selector)}";
    }

    public override string ToString() => Text;

    private static ReachWho InNamespace(string text, string space, string rest)
    {
        string? only = space == Star ? null : space;
        if (rest == Star) return new ReachWho(text) { Namespace = only };
        if (rest.Length == 0) throw new FormatException("behind the namespace stands a pod's name, a selector or *");
        if (only is not null && rest.All(IsNameLetter)) return new ReachWho(text) { Pod = text, Namespace = only };

        return new ReachWho(text) { Namespace = only, Selector = SelectorText.Parse(rest) };
    }

    /// <summary>A label's prefix is a domain with dots, a namespace's name has none.</summary>
    private static bool IsNamespace(string text) =>
        text == Star
        || text.All(letter => letter is '-' || char.IsAsciiDigit(letter) || char.IsAsciiLetterLower(letter));

    private static bool IsNameLetter(char letter) => letter is '-' or '.' || char.IsAsciiLetterOrDigit(letter);

    private bool IsMeant(Pod pod) => IsInNamespace(pod) && Selector.Matches(pod.Labels);

    private bool IsInNamespace(Pod pod) => Namespace is null || pod.Namespace == Namespace;
}
