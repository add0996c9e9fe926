namespace Dataplane.Engines.Explanation;

/// <summary>One thing that a look-up came by: a rule, a bucket, an entry of a map.</summary>
/// <param name="Action"><c>rule</c>, <c>policy</c>, <c>return</c>; <c>bucket</c>, <c>scheduler</c>; <c>map</c>.</param>
/// <param name="Detail">Where, and what stands there.</param>
public sealed record LookupStep(string Action, string Detail)
{
    /// <summary>The rule matched; the bucket or map had the entry.</summary>
    public bool IsMatch { get; init; }
}
