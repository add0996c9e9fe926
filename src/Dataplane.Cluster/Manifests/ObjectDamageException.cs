namespace Dataplane.Cluster.Manifests;

/// <summary>One object cannot be used; reading goes on behind it.</summary>
internal sealed class ObjectDamageException(int line, string text) : Exception(text)
{
    public int Line { get; } = line;
}
