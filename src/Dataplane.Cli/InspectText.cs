using System.Globalization;

namespace Dataplane.Cli;

/// <summary>An inspection's result for people.</summary>
public static class InspectText
{
    public static void Write(TextWriter output, InspectReport report, Style style)
    {
        if (report.Cluster is { } cluster) WriteCluster(output, cluster, style);
        for (int i = 0; i < report.Captures.Length; i++)
        {
            if (i > 0 || report.Cluster is not null) output.WriteLine();
            WriteCapture(output, report.Captures[i], style);
        }
    }

    private static void WriteCluster(TextWriter output, ClusterSummary cluster, Style style)
    {
        Put(output, "CNI", cluster.Cni ?? "not recognised: name it with --cni");
        Put(output, "pods",
            $"{Quantity.Count(cluster.Pods)}: {Quantity.Count(cluster.HostNetworkPods)} on the host network, "
            + $"{Quantity.Count(cluster.TerminatedPods)} terminated, "
            + $"{Quantity.Count(cluster.PodsWithoutAddress)} without an address");
        Put(output, "services",
            $"{Quantity.Count(cluster.Services)} with {Quantity.Count(cluster.ServicePorts)} ports, "
            + $"{Quantity.Count(cluster.HeadlessServices)} headless");
        Put(output, "endpoints",
            $"{Quantity.Count(cluster.Endpoints)}, {Quantity.Count(cluster.ReadyEndpoints)} ready");
        Put(output, "policies", Quantity.Count(cluster.NetworkPolicies.Length));
        Put(output, "namespaces", Quantity.Count(cluster.Namespaces));
        WriteNodes(output, cluster, style);
        WriteUnmodelled(output, cluster, style);

        if (!cluster.Notes.IsEmpty)
        {
            Heading(output, style, "notes");
            foreach (string note in cluster.Notes) output.WriteLine(note);
        }

        if (!cluster.Findings.IsEmpty)
        {
            Heading(output, style, "findings");
            foreach (FindingSummary finding in cluster.Findings)
                output.WriteLine($"{finding.Source}: {finding.Severity}: {finding.Text}");
        }
    }

    private static void WriteNodes(TextWriter output, ClusterSummary cluster, Style style)
    {
        if (cluster.Nodes.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(3, "node", "address", "pod network", "pods");
        foreach (NodeSummary node in cluster.Nodes)
        {
            table.Add(
                node.Name,
                string.Join(' ', node.InternalIps),
                string.Join(' ', node.PodCidrs),
                Quantity.Count(node.Pods));
        }

        table.Write(output, style);
    }

    private static void WriteUnmodelled(TextWriter output, ClusterSummary cluster, Style style)
    {
        if (cluster.Unmodelled.IsEmpty) return;

        output.WriteLine();
        var table = new TextTable(3, "not modelled", "first at", "can change a verdict", "objects");
        foreach (UnmodelledSummary kind in cluster.Unmodelled)
        {
            string yes = kind.CanChangeVerdict ? "yes" : "no";
            table.Add($"{kind.ApiVersion} {kind.Kind}", kind.First, yes, Quantity.Count(kind.Count));
        }

        table.Write(output, style);
    }

    private static void WriteCapture(TextWriter output, CaptureSummary capture, Style style)
    {
        Put(output, "capture", capture.Format.Length > 0 ? $"{capture.Name} ({capture.Format})" : capture.Name);
        Put(output, "packets", $"{Quantity.Count(capture.Packets)}, {Quantity.Count(capture.Bytes)} bytes"
            + (capture.Cut > 0 ? $", {Quantity.Count(capture.Cut)} cut by a snap length" : ""));
        if (capture.First is not null)
        {
            string seconds = capture.Seconds.ToString("0.######", CultureInfo.InvariantCulture);
            Put(output, "time", $"{capture.First} to {capture.Last} ({seconds} s)");
        }

        if (capture.Addresses is { } known)
        {
            Put(output, "addresses",
                $"both known {Quantity.Count(known.BothKnown)}, source only {Quantity.Count(known.SourceKnown)}, "
                + $"destination only {Quantity.Count(known.DestinationKnown)}, "
                + $"neither {Quantity.Count(known.NeitherKnown)}, not IP {Quantity.Count(known.NotIp)}");
        }

        if (capture.Damage is not null) Put(output, "damage", style.Bad(capture.Damage));
        output.WriteLine();
        var table = new TextTable(2, "interface", "link type", "snap length", "packets");
        foreach (InterfaceSummary one in capture.Interfaces)
        {
            table.Add(
                one.Name.Length > 0 ? one.Name : "(no name)",
                one.LinkType,
                Quantity.Count(one.SnapLength),
                Quantity.Count(one.Packets));
        }

        table.Write(output, style);
    }

    private static void Heading(TextWriter output, Style style, string text)
    {
        output.WriteLine();
        output.WriteLine(style.Bold(text));
    }

    private static void Put(TextWriter output, string name, string text) => output.WriteLine($"{name,-12} {text}");
}
