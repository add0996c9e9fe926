using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Core;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;

namespace Dataplane.Replay.Rules;

/// <summary>
/// Cilium's load-balancing maps, as its own tests dump them (<c>pkg/loadbalancer/tests</c>, lb/maps-dump) or as JSON.
/// </summary>
public sealed class EbpfRulesPrinter : IRulesPrinter
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Proxy => "ebpf";

    public ImmutableArray<string> Formats { get; } = ["text", "json"];

    public string Print(RulesRequest request, string format)
    {
        var options = new EbpfOptions
        {
            Algorithm = (LbAlgorithm)request.Settings.LoadBalancer,
            MaglevSize = request.Settings.MaglevSize,
        };
        using var names = new AddressNames(AddressMap.Build([]));
        using EbpfTables tables = EbpfTables.Compile(request.Services, [request.Node.Name], names, options);
        EbpfMaps maps = tables.MapsAt(node: 0, request.Node.Addresses);
        return format == "json" ? PrintJson(request.Node.Name, maps) : PrintText(maps);
    }

    private static string PrintText(EbpfMaps maps)
    {
        List<string> lines = [.. maps.Backends.Select(LineOf), .. maps.Services.SelectMany(LinesOf)];
        lines.AddRange(maps.Services.Where(HasWildcard).Select(WildcardOf).Distinct());
        lines.Sort(string.CompareOrdinal);
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string LineOf(EbpfBackendRow row)
    {
        EbpfBackend backend = row.Backend;
        return Format($"BE: ID={row.Id} ADDR={Text(backend.Address, backend.Port)}/{ProtocolName(backend.Protocol)} STATE={StateOf(row)}");
    }

    private static string StateOf(EbpfBackendRow row) => row.State switch
    {
        LbBackendState.Active => "active",
        LbBackendState.Terminating => "terminating",
        _ => "maintenance",
    };

    private static IEnumerable<string> LinesOf(EbpfServiceRow row)
    {
        EbpfFrontend frontend = row.Frontend;
        int affinity = frontend.Service.AffinitySeconds;
        string scope = frontend.IsInternalScope ? "/i" : "";
        string address = Text(row.Address, frontend.Number);
        string head = Format($"SVC: ID={row.Id} ADDR={address}/{ProtocolName(frontend.Port.Protocol)}{scope}");
        string flags = FlagsOf(row);
        yield return Format($"REV: ID={row.Id} ADDR={address}");
        yield return Format($"{head} SLOT=0 LBALG=undef AFFTimeout={affinity} COUNT={row.Count} QCOUNT={row.QuarantinedCount} FLAGS={flags}");
        for (int slot = 1; slot <= row.Backends.Length; slot++)
        {
            uint backend = row.Backends[slot - 1];
            yield return Format($"{head} SLOT={slot} BEID={backend} COUNT=0 QCOUNT=0 FLAGS={flags}");
            if (affinity > 0 && slot <= row.Count) yield return Format($"AFF: ID={row.Id} BEID={backend}");
        }

        foreach (IpPrefix range in frontend.SourceRanges) yield return Format($"SRCRANGE: ID={row.Id} CIDR={range}");
        if (row.MaglevShares.IsEmpty) yield break;

        string shares = string.Join(
            ", ", row.MaglevShares.Select(share => Format($"{share.Backend}({share.Entries})")));
        yield return Format($"MAGLEV: ID={row.Id} INNER=[{shares}]");
    }

    /// <summary>Cluster IPs and load balancers' addresses have an entry for the ports that no Service has.</summary>
    private static bool HasWildcard(EbpfServiceRow row) =>
        row.Frontend.Kind is EbpfFrontendKind.ClusterIp or EbpfFrontendKind.LoadBalancer
        && !row.Frontend.IsInternalScope;

    private static string WildcardOf(EbpfServiceRow row) => Format(
        $"SVC: ID=0 ADDR={Text(row.Address, 0)}/ANY SLOT=0 LBALG=undef AFFTimeout=0 COUNT=0 QCOUNT=0 FLAGS={KindOf(row)}+non-routable");

    /// <summary>In the order of Cilium's <c>ServiceFlags.String</c>.</summary>
    private static string FlagsOf(EbpfServiceRow row)
    {
        var text = new StringBuilder(KindOf(row));
        if ((row.Flags & LbServiceFlags.ExternalLocal) != 0) text.Append("+Local");
        if ((row.Flags2 & LbServiceFlags2.InternalLocal) != 0) text.Append("+InternalLocal");
        if ((row.Flags2 & LbServiceFlags2.TwoScopes) != 0) text.Append("+two-scopes");
        if ((row.Flags & LbServiceFlags.Affinity) != 0) text.Append("+sessionAffinity");
        if ((row.Flags & LbServiceFlags.Routable) == 0) text.Append("+non-routable");
        if ((row.Flags & LbServiceFlags.SourceRange) != 0) text.Append("+check source-range");
        return text.ToString();
    }

    private static string KindOf(EbpfServiceRow row) => row.Frontend.Kind switch
    {
        EbpfFrontendKind.NodePort => "NodePort",
        EbpfFrontendKind.ExternalIp => "ExternalIPs",
        EbpfFrontendKind.LoadBalancer => "LoadBalancer",
        _ => "ClusterIP",
    };

    private static string PrintJson(string node, EbpfMaps maps)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 1);
            json.WriteString("proxy", "ebpf");
            json.WriteString("node", node);
            json.WriteStartArray("services");
            Dictionary<uint, EbpfBackendRow> backends = maps.Backends.ToDictionary(backend => backend.Id);
            foreach (EbpfServiceRow row in maps.Services) Write(json, row, backends);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, EbpfServiceRow row, Dictionary<uint, EbpfBackendRow> backends)
    {
        EbpfFrontend frontend = row.Frontend;
        json.WriteStartObject();
        json.WriteNumber("id", row.Id);
        json.WriteString("service", frontend.Service.ToString());
        json.WriteString("address", $"{Text(row.Address, frontend.Number)}/{ProtocolName(frontend.Port.Protocol)}");
        json.WriteString("scope", frontend.IsInternalScope ? "internal" : "external");
        json.WriteString("flags", FlagsOf(row));
        json.WriteNumber("affinityTimeout", frontend.Service.AffinitySeconds);
        json.WriteNumber("count", row.Count);
        json.WriteNumber("quarantined", row.QuarantinedCount);
        json.WriteStartArray("backends");
        foreach (uint id in row.Backends)
        {
            EbpfBackendRow backend = backends[id];
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("address", Text(backend.Backend.Address, backend.Backend.Port));
            json.WriteString("state", StateOf(backend));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("sourceRanges");
        foreach (IpPrefix range in frontend.SourceRanges) json.WriteStringValue(range.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Text(IpAddress address, ushort port) =>
        address.IsV4 ? Format($"{address}:{port}") : Format($"[{address}]:{port}");

    private static string ProtocolName(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        _ => "SCTP",
    };

    private static string Format(FormattableString text) => FormattableString.Invariant(text);
}
