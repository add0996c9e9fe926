using Xunit;

namespace Dataplane.Tests;

public class HouseTests
{
    [Fact]
    public void The_sun_rises() => Assert.True(true);
}
