using Dataplane.Cluster.Settings;
using Xunit;

namespace Dataplane.Tests.Cluster.Settings;

public sealed class NearestWordTests
{
    private static readonly string[] Pods =
        ["shop/frontend-5d8c7-wz4kt", "shop/database-0", "red-team/toolbox-77c4f-x9x9x"];

    [Theory]
    [InlineData("shop/databse-0", "shop/database-0")]
    [InlineData("Shop/Database-0", "shop/database-0")]
    [InlineData("red-team/toolbox", "red-team/toolbox-77c4f-x9x9x")]
    [InlineData("shop/frontend", "shop/frontend-5d8c7-wz4kt")]
    public void A_slip_and_a_deployments_name_lead_to_the_pod(string typed, string meant) =>
        Assert.Equal(meant, NearestWord.Of(typed, Pods));

    [Theory]
    [InlineData("kube-system/coredns")]
    [InlineData("shop/front")]
    [InlineData("")]
    public void What_is_like_none_of_them_leads_nowhere(string typed) => Assert.Null(NearestWord.Of(typed, Pods));
}
