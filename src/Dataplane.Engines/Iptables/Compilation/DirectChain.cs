using Dataplane.Engines.Iptables.Text;

namespace Dataplane.Engines.Iptables.Compilation;

/// <summary>
/// A chain of a known shape, of which there are many: it compiles straight from what it is made of, and the text of its
/// rules is written when somebody reads it. Both give the same rules.
/// </summary>
internal abstract class DirectChain : IptablesChain
{
    protected DirectChain()
    {
    }

    protected DirectChain(string name)
        : base(name)
    {
    }

    /// <summary>How many jumps may wait for a return at once.</summary>
    public abstract int Depth { get; }

    /// <summary>Adds the rules that come behind those whose text was added.</summary>
    public abstract void Compile(CompiledParts parts, ChainStarts starts);
}
