using System.Globalization;

namespace Dataplane.Replay.Diff;

/// <summary>One fault: its name is what is compared with the input's, its text is for people.</summary>
internal readonly record struct DissectionFault(string Kind, string Text, bool AboveTransport);

/// <summary>Finds what is wrong with a dissected frame.</summary>
internal static class FrameFaults
{
    public const string ExpertMessage = "_ws.expert.message";

    private const string BadChecksum = "0";
    private const string ChecksumGroup = "16777216";
    private const string SequenceGroup = "33554432";
    private const string ReassembleGroup = "100663296";
    private const string MalformedGroup = "117440512";
    private const int WarningSeverity = 0x60_0000;
    private const int SmallestEthernetFrame = 60;
    private const int Ipv6HeaderSize = 40;

    public static List<DissectionFault> Find(DissectedFrame frame, IReadOnlyList<TunnelPort> ports)
    {
        List<DissectionFault> faults = [];
        FindMalformed(frame, faults);
        FindInFields(frame, faults);
        if (!IsCut(frame)) FindWarnings(frame, faults);
        FindMissingTunnel(frame, ports, faults);
        FindWrongLengths(frame, faults);
        return faults;
    }

    public static bool IsCut(DissectedFrame frame) => frame.Find("frame.len") != frame.Find("frame.cap_len");

    private static void FindMalformed(DissectedFrame frame, List<DissectionFault> faults)
    {
        for (int layer = 1; layer < frame.Layers.Count; layer++)
        {
            if (frame.Layers[layer] != "_ws.malformed") continue;

            string protocol = ProtocolOf(frame.Title(layer)) ?? frame.Layers[layer - 1];
            bool above = !IsCarrier(protocol);
            faults.Add(
                new(above ? "malformed above the transport" : $"malformed {protocol}", $"malformed {protocol}", above));
        }
    }

    private static void FindInFields(DissectedFrame frame, List<DissectionFault> faults)
    {
        foreach (DissectedField field in frame.Fields)
        {
            string layer = frame.Layers[field.Layer];
            if (field.Name.EndsWith(".checksum.status", StringComparison.Ordinal) && field.Show == BadChecksum)
            {
                if (IsInCutQuote(frame, field.Layer)) continue;

                string name = field.Name[..^".status".Length];
                faults.Add(
                    new($"{name} bad", $"{frame.QualifiedName(field)[..^".status".Length]} is bad", !IsCarrier(layer)));
            }
            else if (field.Name == "_ws.expert.group" && field.Show == MalformedGroup && layer != "_ws.malformed")
            {
                bool above = !IsCarrier(layer);
                faults.Add(
                    new(above ? "malformed above the transport" : $"odd {layer}", $"tshark objects to {layer}", above));
            }
        }
    }

    /// <summary>
    /// Whether the layer lies in what an ICMP error quotes, of a packet that is longer than the quote: tshark judges
    /// the checksum of the part as if it were the whole.
    /// </summary>
    private static bool IsInCutQuote(DissectedFrame frame, int layer)
    {
        for (int ip = layer - 1; ip > 1; ip--)
        {
            if (frame.Layers[ip] is not ("ip" or "ipv6") || frame.Layers[ip - 1] is not ("icmp" or "icmpv6")) continue;

            int there = (Number(frame, "frame.len", 0) ?? 0) - frame.Start(ip);
            int? total = frame.Layers[ip] == "ip"
                ? Number(frame, "ip.len", ip)
                : Number(frame, "ipv6.plen", ip) + Ipv6HeaderSize;
            return total > there;
        }

        return false;
    }

    /// <summary>
    /// Expert information from warnings on. What other frames have a part in (sequence, reassembly) is not the frame's
    /// own fault; checksums and malformed packets are found by their fields.
    /// </summary>
    private static void FindWarnings(DissectedFrame frame, List<DissectionFault> faults)
    {
        string message = "";
        int severity = 0;
        foreach (DissectedField field in frame.Fields)
        {
            if (field.Name == ExpertMessage) message = field.Show;
            else if (field.Name == "_ws.expert.severity")
                severity = int.TryParse(field.Show, NumberStyles.None, CultureInfo.InvariantCulture, out int level)
                    ? level
                    : 0;
            else if (field.Name == "_ws.expert.group" && severity >= WarningSeverity
                && field.Show is not (ChecksumGroup or SequenceGroup or ReassembleGroup or MalformedGroup))
            {
                string layer = frame.Layers[field.Layer];
                string where = frame.IsOuter(field.Layer) ? DissectedFrame.Outer + layer : layer;
                faults.Add(new($"warning {layer}: {message}", $"{where}: {message}", !IsCarrier(layer)));
            }
        }
    }

    /// <summary>A frame to a tunnel's port that is no fragment must go on as that tunnel.</summary>
    private static void FindMissingTunnel(
        DissectedFrame frame, IReadOnlyList<TunnelPort> ports, List<DissectionFault> faults)
    {
        int udp = IndexOf(frame, "udp");
        if (udp < 0 || udp > OutermostIp(frame) + 1) return;

        string? destination = frame.Find("udp.dstport", udp);
        foreach (TunnelPort port in ports)
        {
            if (destination != port.Port.ToString(CultureInfo.InvariantCulture)) continue;
            if (udp + 1 < frame.Layers.Count && frame.Layers[udp + 1] == port.Protocol) return;

            string text = $"UDP port {destination} does not dissect as {port.Protocol}";
            faults.Add(new(text, text, AboveTransport: false));
            return;
        }
    }

    private static void FindWrongLengths(DissectedFrame frame, List<DissectionFault> faults)
    {
        int ip = OutermostIp(frame);
        if (ip < 0 || frame.Layers[ip] != "ip") return;
        if (Number(frame, "frame.len", 0) is not { } frameLength || Number(frame, "ip.len", ip) is not { } total)
            return;

        int trailing = frameLength - frame.Start(ip) - total;
        if (trailing > 0 && frameLength > SmallestEthernetFrame)
            faults.Add(new(
                "bytes after the packet", $"{trailing} bytes after the IP packet of {total}", AboveTransport: false));
        else if (trailing < 0 && total > 0)
            faults.Add(new("ip.len too large",
                $"ip.len is {total}, the frame ends {-trailing} bytes earlier", AboveTransport: false));

        bool tunnelled = frame.InnerStart > ip + 2 && frame.Layers[ip + 1] == "udp";
        if (!tunnelled || frame.Find("ip.flags.mf", ip) != "0" || frame.Find("ip.frag_offset", ip) != "0") return;
        if (Number(frame, "udp.length", ip) is not { } udpLength || Number(frame, "ip.hdr_len", ip) is not { } header)
            return;
        if (udpLength + header == total) return;

        faults.Add(
            new("udp.length", $"udp.length is {udpLength}, ip.len leaves {total - header}", AboveTransport: false));
    }

    private static string? ProtocolOf(string title)
    {
        int colon = title.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? null : title[(colon + 2)..].TrimEnd(']').ToLowerInvariant();
    }

    /// <summary>
    /// Protocols that the dataplane itself writes or rewrites; by tshark's filter name or its short name.
    /// </summary>
    private static bool IsCarrier(string protocol) => protocol
        is "frame" or "eth" or "ethernet" or "vlan" or "sll" or "sll2" or "null" or "null/loopback" or "raw" or "arp"
            or "llc"
        or "ip" or "ipv4" or "ipv6" or "ah" or "udp" or "tcp" or "sctp" or "icmp" or "icmpv6" or "vxlan" or "geneve";

    private static int OutermostIp(DissectedFrame frame)
    {
        for (int layer = 1; layer < frame.Layers.Count; layer++)
        {
            if (frame.Layers[layer] is "ip" or "ipv6") return layer;
        }

        return -1;
    }

    private static int IndexOf(DissectedFrame frame, string name)
    {
        for (int layer = 1; layer < frame.Layers.Count; layer++)
        {
            if (frame.Layers[layer] == name) return layer;
        }

        return -1;
    }

    private static int? Number(DissectedFrame frame, string field, int layer) =>
        int.TryParse(frame.Find(field, layer), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
}
