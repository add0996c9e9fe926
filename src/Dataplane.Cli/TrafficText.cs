using System.Globalization;
using Dataplane.Replay.Generate;

namespace Dataplane.Cli;

/// <summary>What was generated, in a few lines.</summary>
public sealed class TrafficText(TextWriter output)
{
    public void Write(TrafficReport report)
    {
        var table = new TextTable(1, "packets", "number", "share");
        Row(table, "TCP", report.TcpPackets, report);
        Row(table, "UDP", report.UdpPackets, report);
        Row(table, "DNS", report.DnsPackets, report);
        Row(table, "scan", report.ScanPackets, report);
        Row(table, "all", report.Packets, report);
        table.Write(output, Style.Plain);
        output.WriteLine();
        output.WriteLine(
            $"{Quantity.Count(report.Connections)} connections; "
            + $"{Quantity.Share(report.ReplyPackets, report.Packets)} replies, "
            + $"{Quantity.Share(report.Ipv6Packets, report.Packets)} IPv6; {Quantity.Bytes(report.Bytes)} in frames");
        if (report.Cni is not null)
            output.WriteLine(
                $"{Quantity.Count(report.FramesWritten)} frames between nodes, "
                + $"{Quantity.Count(report.Encapsulated)} encapsulated, as {report.Cni} does it");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.CaptureSeconds:F3} s by the capture's clock; written in {report.ElapsedSeconds:F2} s")
            + (report.FileBytes > 0
                ? ": " + Quantity.Scaled(report.FileBytes / Math.Max(report.ElapsedSeconds, 1e-9), "B/s")
                : ""));
    }

    private static void Row(TextTable table, string name, long packets, TrafficReport report) =>
        table.Add(name, Quantity.Count(packets), Quantity.Share(packets, report.Packets));
}
