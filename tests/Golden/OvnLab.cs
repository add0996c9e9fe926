using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplane.Cluster.Network;
using Dataplane.Wire;

namespace Dataplane.Tests.Golden;

/// <summary>The lab of <c>21-ovn</c> as manifests and as a model, with the southbound database's keys.</summary>
internal static class OvnLab
{
    public const uint FirstSwitch = 2;

    public static readonly TunnelSettings Geneve = new()
    {
        Kind = TunnelKind.Geneve,
        Device = "genev_sys_6081",
        Port = GeneveHeader.UdpPort,
        IdSource = TunnelIdSource.LogicalSwitch,
        Inner = InnerFrame.RouterToPod,
        Df = TunnelDf.Set,
        IsOpenVSwitch = true,
        SourcePortMin = 32768,
        SourcePortMax = 60999,
    };

    public static string Manifests(JsonElement lab)
    {
        var yaml = new StringBuilder();
        string[] chassis = [.. lab.GetProperty("chassis").EnumerateObject().Select(one => one.Name)];
        foreach (string name in chassis)
        {
            string address = lab.GetProperty("chassis").GetProperty(name).GetString()!;
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Node
                metadata: {name: {{name}}}
                status: {addresses: [{type: InternalIP, address: {{address}}}]}

                """);
        }

        foreach (JsonProperty pod in lab.GetProperty("pods").EnumerateObject())
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: {{pod.Name}}, namespace: default}
                spec: {nodeName: {{pod.Value[0].GetString()}}}
                status: {phase: Running, podIP: {{pod.Value[2].GetString()}}, podIPs: [{ip: {{pod.Value[2].GetString()}}}]}

                """);
        }

        return yaml.ToString();
    }

    // ls1 has key 2 and ls2 key 3; a switch's router port has key 1, and the router's MAC there ends like its
    // address. The pods of the second switch all hang on the second chassis, which is how a node knows where
    // its router's MAC comes from.
    public static NetworkModel WithKeys(NetworkModel model, JsonElement lab) => model with
    {
        Nodes = [.. model.Nodes.Select((node, at) => node with
        {
            SwitchKey = FirstSwitch + (uint)at,
            RouterPortKey = 1,
            RouterMac = MacAddress.Parse($"0a:58:0a:f4:0{at + 1}:01"),
        })],
        Pods = [.. model.Pods.Select(pod => pod with
        {
            Mac = MacAddress.Parse(BindingOf(lab, pod.Pod.Name)[5].GetString()!.Split(' ')[0]),
            MacKnown = true,
            PortKey = BindingOf(lab, pod.Pod.Name)[1].GetUInt16(),
            SwitchKey = lab.GetProperty("pods").GetProperty(pod.Pod.Name)[1].GetString() == "ls1"
                ? FirstSwitch
                : FirstSwitch + 1,
        })],
    };

    private static JsonElement BindingOf(JsonElement lab, string port) =>
        lab.GetProperty("southbound").GetProperty("Port_Binding")
            .GetProperty("data").EnumerateArray().First(row => row[0].GetString() == port);
}
