using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Cluster.Selectors;
using Xunit;

namespace Dataplane.Tests.Cluster;

public class LabelMatchingTests
{
    private static readonly ImmutableDictionary<string, string> Web =
        ImmutableDictionary<string, string>.Empty.Add("app", "web").Add("tier", "front");

    [Fact]
    public void The_empty_selector_matches_everything() =>
        Assert.True(LabelSelector.Everything.Matches(ImmutableDictionary<string, string>.Empty));

    [Theory]
    [InlineData("app", "web", true)]
    [InlineData("app", "db", false)]
    [InlineData("zone", "web", false)]
    public void MatchLabels_wants_the_same_value(string key, string value, bool matches) => Assert.Equal(
        matches, new LabelSelector { MatchLabels = ImmutableDictionary<string, string>.Empty.Add(key, value) }
            .Matches(Web));

    [Theory]
    [InlineData("app", LabelOperator.In, "web", true)]
    [InlineData("app", LabelOperator.In, "db", false)]
    [InlineData("zone", LabelOperator.In, "web", false)]
    [InlineData("app", LabelOperator.NotIn, "web", false)]
    [InlineData("app", LabelOperator.NotIn, "db", true)]
    [InlineData("zone", LabelOperator.NotIn, "web", true)]
    [InlineData("app", LabelOperator.Exists, "", true)]
    [InlineData("zone", LabelOperator.Exists, "", false)]
    [InlineData("app", LabelOperator.DoesNotExist, "", false)]
    [InlineData("zone", LabelOperator.DoesNotExist, "", true)]
    public void MatchExpressions_follow_Kubernetes(string key, LabelOperator operation, string value, bool matches)
    {
        var requirement = new LabelRequirement(key, operation, value.Length == 0 ? [] : [value]);
        Assert.Equal(matches, new LabelSelector { MatchExpressions = [requirement] }.Matches(Web));
    }
}
