namespace Dataplane.Engines.Policies.Chains;

/// <summary>Bits of Felix's default mark mask (0xffff0000), handed out from the lowest.</summary>
internal static class FelixMarks
{
    public const uint Accept = 0x1_0000;
    public const uint Pass = 0x2_0000;
    public const uint Drop = 0x4_0000;

    /// <summary>All blocks of a rule that is written as several have matched.</summary>
    public const uint AllBlocks = 0x8_0000;

    /// <summary>The block that is being asked has matched.</summary>
    public const uint ThisBlock = 0x10_0000;
}
