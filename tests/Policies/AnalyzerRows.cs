using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dataplane.Cluster.Model;
using Dataplane.Wire;

namespace Dataplane.Tests.Policies;

/// <summary>
/// netpol-analyzer's own inputs and outputs: one row for each pair of workloads, or of a workload and a
/// range of addresses, with all that it may use; pairs without a row may use nothing. Flows are put at the
/// edges of the ranges and ports.
/// </summary>
internal static class AnalyzerRows
{
    private const string OutsideMark = "[External]";
    private const string IngressController = "{ingress-controller}";

    private static readonly string[] Protocols = ["TCP", "UDP", "SCTP"];

    public static ImmutableArray<PolicyCase> Read(string folder) =>
        [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(ReadCase)];

    private static PolicyCase ReadCase(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement root = document.RootElement;
        var manifests = new AnalyzerManifests(root.GetProperty("files"));
        Row[] rows =
        [
            .. root.GetProperty("expected_rows").EnumerateArray()
                .Select(row => new Row(row[0].GetString()!, row[1].GetString()!, row[2].GetString()!))
                .Where(row => row.Source != IngressController),
        ];
        return new PolicyCase(Path.GetFileNameWithoutExtension(file), manifests.Snapshot, FlowsOf(manifests, rows));
    }

    private sealed record Row(string Source, string Destination, string Connections);

    private static ImmutableArray<ExpectedFlow> FlowsOf(AnalyzerManifests manifests, Row[] rows)
    {
        ushort[] ports = PortsOf(manifests.Snapshot, rows);
        IpAddress[] outside = OutsideOf(rows);
        Dictionary<(string, string), string> known = rows.ToDictionary(
            row => (row.Source, row.Destination), row => row.Connections);
        string[] ranges =
            [.. rows.SelectMany(row => (string[])[row.Source, row.Destination]).Where(IsRange).Distinct()];
        var flows = ImmutableArray.CreateBuilder<ExpectedFlow>();
        for (int pod = 0; pod < manifests.Snapshot.Pods.Length; pod++)
        {
            string workload = manifests.Workloads[pod];
            for (int other = 0; other < manifests.Snapshot.Pods.Length; other++)
            {
                if (manifests.Workloads[other] == workload) continue;

                (FlowEnd from, FlowEnd to) = manifests.Between(pod, other);
                Add(from, to, known.GetValueOrDefault((workload, manifests.Workloads[other]), ""));
            }

            foreach (IpAddress address in outside)
            {
                string[] around = [.. ranges.Where(range => IsWithin(range, address))];
                FlowEnd inside = new(pod, manifests.AddressOf(pod, isV4: true)), far = FlowEnd.Outside(address);
                Add(inside, far, string.Join(',', around.Select(range => known.GetValueOrDefault((workload, range), ""))
                    .Where(text => text.Length > 0)));
                Add(far, inside, string.Join(',', around.Select(range => known.GetValueOrDefault((range, workload), ""))
                    .Where(text => text.Length > 0)));
            }
        }

        return flows.ToImmutable();

        void Add(FlowEnd from, FlowEnd to, string connections)
        {
            foreach ((string protocol, ushort port) in Protocols.SelectMany(protocol =>
                ports.Select(port => (protocol, port))))
            {
                flows.Add(new ExpectedFlow(
                    new PolicyFlow(from, to, PolicySuites.ProtocolOf(protocol), port), IsListed(
                        connections, protocol, port)));
            }
        }
    }

    // "All Connections", or "TCP 8080,9090-9099,UDP 53".
    private static bool IsListed(string connections, string protocol, ushort port)
    {
        string current = "";
        foreach (string entry in connections.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry == "All Connections") return true;

            string[] words = entry.Split(' ');
            if (words.Length == 2) current = words[0];
            (ushort first, ushort last) = RangeOf(words[^1]);
            if (current == protocol && first <= port && port <= last) return true;
        }

        return false;
    }

    private static (ushort First, ushort Last) RangeOf(string text)
    {
        string[] ends = text.Split('-');
        return (ushort.Parse(ends[0], CultureInfo.InvariantCulture),
            ushort.Parse(ends[^1], CultureInfo.InvariantCulture));
    }

    private static ushort[] PortsOf(ClusterSnapshot snapshot, Row[] rows)
    {
        IEnumerable<int> listed = rows.Select(row => row.Connections)
            .Distinct().Where(text => text != "All Connections")
            .SelectMany(text => text.Split(',')).Select(entry => RangeOf(entry.Split(' ')[^1]))
            .SelectMany(range => (int[])[range.First - 1, range.First, range.Last, range.Last + 1]);
        IEnumerable<int> opened = snapshot.Pods.SelectMany(pod => pod.Ports).Select(port => (int)port.Port);
        return [.. listed.Concat(opened).Append(80).Where(port => port is > 0 and <= ushort.MaxValue)
            .Distinct().Order().Select(port => (ushort)port)];
    }

    private static IpAddress[] OutsideOf(Row[] rows) =>
    [
        .. rows.SelectMany(row => (string[])[row.Source, row.Destination]).Where(IsRange).SelectMany(Ends)
            .Append(IpAddress.Parse("8.8.8.8")).Distinct(),
    ];

    private static bool IsRange(string end) => end.EndsWith(OutsideMark, StringComparison.Ordinal);

    private static IpAddress[] Ends(string range) =>
        [.. range[..^OutsideMark.Length].Split('-').Select(IpAddress.Parse)];

    private static bool IsWithin(string range, IpAddress address)
    {
        IpAddress[] ends = Ends(range);
        return ends[0] <= address && address <= ends[1];
    }
}
