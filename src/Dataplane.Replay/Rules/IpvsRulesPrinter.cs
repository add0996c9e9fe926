using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;

namespace Dataplane.Replay.Rules;

/// <summary>
/// kube-proxy's ipvs mode: virtual servers as ipvsadm-save -n prints them, or all of it as JSON with both families.
/// </summary>
public sealed class IpvsRulesPrinter : IRulesPrinter
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Proxy => "ipvs";

    public ImmutableArray<string> Formats { get; } = ["ipvsadm-save", "json"];

    /// <summary>ipvsadm-save knows one table for both families; sets and rules are those of one.</summary>
    public string Print(RulesRequest request, string format)
    {
        KubeProxyIpvs v4 = Compile(request, 4);
        KubeProxyIpvs v6 = Compile(request, 6);
        if (format == "json") return PrintJson(request, v4, v6);

        string servers = IpvsRules.Print(v4.VirtualServers.Concat(v6.VirtualServers));
        if (!request.WithSets) return servers;

        KubeProxyIpvs mode = request.Family == 6 ? v6 : v4;
        return servers + IpSet.Print(mode.IpSets) + mode.Rules;
    }

    private static KubeProxyIpvs Compile(RulesRequest request, int family) =>
        KubeProxyIpvs.Compile(
            request.Services.At(request.Node, family), ProxyOptions.ForIpvs(request.Settings, request.Network));

    private static string PrintJson(RulesRequest request, KubeProxyIpvs v4, KubeProxyIpvs v6)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 1);
            json.WriteString("proxy", "ipvs");
            json.WriteString("node", request.Node.Name);
            json.WriteStartArray("virtualServers");
            foreach (IpvsVirtualServer server in v4.VirtualServers.Concat(v6.VirtualServers)) Write(json, server);
            json.WriteEndArray();
            json.WriteStartArray("ipsets");
            foreach (IpSet set in v4.IpSets.Concat(v6.IpSets)) Write(json, set);
            json.WriteEndArray();
            WriteArray(json, "boundAddresses",
                v4.BoundAddresses.Concat(v6.BoundAddresses).Select(address => address.ToString()));
            WriteArray(json, "iptables", Lines(v4.Rules));
            WriteArray(json, "ip6tables", Lines(v6.Rules));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, IpvsVirtualServer server)
    {
        json.WriteStartObject();
        json.WriteString("address", server.Address.ToString());
        json.WriteNumber("port", server.Port);
        json.WriteString(
            "protocol", server.Protocol switch { IpProtocol.Tcp => "tcp", IpProtocol.Udp => "udp", _ => "sctp" });
        json.WriteString("scheduler", IpvsSchedulerNames.NameOf(server.Scheduler));
        if (server.IsPersistent) json.WriteNumber("persistentSeconds", server.Timeout);
        json.WriteStartArray("realServers");
        foreach (IpvsRealServer real in server.RealServers)
        {
            json.WriteStartObject();
            json.WriteString("address", real.Address.ToString());
            json.WriteNumber("port", real.Port);
            json.WriteNumber("weight", real.Weight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IpSet set)
    {
        json.WriteStartObject();
        json.WriteString("name", set.Name);
        json.WriteString("type", set.TypeName);
        json.WriteNumber("family", set.IsV6 ? 6 : 4);
        WriteArray(json, "entries", set.Entries);
        json.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
