using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Cluster.Manifests;

/// <summary>Ports of policy.networking.k8s.io/v1alpha1: exactly one of portNumber, portRange and namedPort.</summary>
internal static class AdminPortReading
{
    public static AdminPolicyPort ReadPort(ManifestCursor cursor)
    {
        SourceLine place = cursor.Place;
        if (!cursor.EnterMap("a port")) throw cursor.Expected("a map", "a port");

        AdminPolicyPort? port = null;
        int fields = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            switch (cursor.Key)
            {
                case "portNumber": port = ReadRange(cursor, place, "portNumber", "port", "port"); break;
                case "portRange": port = ReadRange(cursor, place, "portRange", "start", "end"); break;
                case "namedPort": port = new AdminPolicyPort(0, 0, 0, cursor.ReadText("namedPort"), place); break;
                default:
                    throw new ObjectDamageException(cursor.KeyLine,
                        $"a port has \"{ManifestCursor.Shorten(cursor.Key)}\", not portNumber, portRange or namedPort");
            }

            fields++;
        }

        return fields == 1 && port is not null && port.Name is not ""
            ? port
            : throw new ObjectDamageException(
                place.Line, "a port must have one of portNumber, portRange and namedPort");
    }

    private static AdminPolicyPort ReadRange(
        ManifestCursor cursor, SourceLine place, string what, string firstKey, string lastKey)
    {
        if (!cursor.EnterMap(what)) throw cursor.Expected("a map", what);

        byte protocol = IpProtocol.Tcp;
        ushort first = 0, last = 0;
        KeyScope keys = default;
        while (cursor.NextKey(ref keys))
        {
            if (cursor.Key is "protocol") protocol = cursor.ReadProtocol($"{what}.protocol");
            else if (cursor.Key.SequenceEqual(firstKey)) first = cursor.ReadPort($"{what}.{firstKey}");
            else if (cursor.Key.SequenceEqual(lastKey)) last = cursor.ReadPort($"{what}.{lastKey}");
            else cursor.SkipUnknown(what);
        }

        if (firstKey == lastKey) last = first;
        if (first == 0 || last == 0)
            throw new ObjectDamageException(place.Line,
                firstKey == lastKey ? $"{what} has no {firstKey}" : $"{what} needs {firstKey} and {lastKey}");
        if (last < first)
            throw new ObjectDamageException(place.Line, $"{what}: {lastKey} {last} is below {firstKey} {first}");

        return new AdminPolicyPort(protocol, first, last, null, place);
    }
}
