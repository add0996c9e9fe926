using System.Collections.Immutable;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>What EndpointSlices and Endpoints share: ports, and the pod behind an address.</summary>
internal static class EndpointReading
{
    /// <summary>A port without a number means every port, which no proxy programs: it is left out.</summary>
    public static ImmutableArray<EndpointPort> ReadPorts(ManifestCursor cursor)
    {
        ImmutableArray<EndpointPort> all = cursor.ReadGoodItems("ports", ReadPort);
        return all.Any(port => port.Port == 0) ? [.. all.Where(port => port.Port != 0)] : all;
    }

    /// <summary>The name in a targetRef of kind Pod; empty for another kind.</summary>
    public static string ReadPodName(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("targetRef")) return "";

        bool isPod = false;
        string name = "";
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "kind": isPod = cursor.Scalar("targetRef.kind") is "Pod"; break;
                case "name": name = cursor.ReadText("targetRef.name"); break;
                default: cursor.Skip(); break;
            }
        }

        return isPod ? name : "";
    }

    private static EndpointPort ReadPort(ManifestCursor cursor)
    {
        if (!cursor.EnterMap("ports")) throw cursor.Expected("a map", "ports");

        string name = "";
        byte protocol = IpProtocol.Tcp;
        ushort port = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "name": name = cursor.ReadText("ports[].name"); break;
                case "protocol": protocol = cursor.ReadProtocol("ports[].protocol"); break;
                case "port" when cursor.Source.Kind != TokenKind.Null: port = cursor.ReadPort("ports[].port"); break;
                default: cursor.Skip(); break;
            }
        }

        return new EndpointPort(name, protocol, port);
    }
}
