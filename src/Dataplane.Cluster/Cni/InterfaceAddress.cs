using Dataplane.Wire;

namespace Dataplane.Cluster.Cni;

/// <summary>An interface's address as CNIs annotate it: <c>192.168.56.11/24</c>, or without the length.</summary>
internal static class InterfaceAddress
{
    public static bool TryParse(string text, int family, out IpAddress address, out IpPrefix? subnet)
    {
        subnet = null;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IpAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out address) || address.Family != family)
        {
            address = default;
            return false;
        }

        if (slash < 0) return true;
        if (!IpPrefix.TryParse(text, out IpPrefix prefix)) return false;

        subnet = prefix;
        return true;
    }
}
