using Dataplane.Replay.Policies;
using Xunit;

namespace Dataplane.Tests.Replay.Policies;

/// <summary>kubectl's selector syntax, read and written back.</summary>
public class SelectorTextTests
{
    [Theory]
    [InlineData("app=web", "app=web")]
    [InlineData("app==web", "app=web")]
    [InlineData("app = web , tier=db", "app=web,tier=db")]
    [InlineData("app!=web", "app!=web")]
    [InlineData("app.kubernetes.io/name=web", "app.kubernetes.io/name=web")]
    [InlineData("tier in (a,b),env notin (dev, test)", "tier in (a, b),env notin (dev, test)")]
    [InlineData("app,!canary", "app,!canary")]
    [InlineData("app=", "app=")]
    [InlineData("app=a,app=b", "app=a,app=b")]
    public void Selectors_are_read_as_kubectl_reads_them(string text, string expected) =>
        Assert.Equal(expected, SelectorText.Format(SelectorText.Parse(text)));

    [Theory]
    [InlineData("app=web,", "a part of it is empty")]
    [InlineData("tier in (a", "its parentheses do not close")]
    [InlineData("tier on (a)", "\"tier on (a)\" is not KEY in (VALUE, ...) or KEY notin (VALUE, ...)")]
    [InlineData("a b=c", "\"a b\" is not a label's key")]
    [InlineData("a=b c", "\"b c\" is not a label's value")]
    [InlineData("!", "\"\" is not a label's key")]
    public void What_is_none_is_said(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => SelectorText.Parse(text)).Message);
}
