using System.Globalization;

namespace Dataplane.Replay.Diff;

/// <summary>How tshark is started: the same way for every comparison, and shown to the user.</summary>
public static class Tshark
{
    public const ushort FlannelVxlanPort = 8472;

    /// <summary>The first tshark on PATH.</summary>
    public static string Find()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            if (folder.Length == 0) continue;

            string candidate = Path.Combine(folder, OperatingSystem.IsWindows() ? "tshark.exe" : "tshark");
            if (File.Exists(candidate)) return candidate;
        }

        throw new InvalidDataException(
            "tshark is not on PATH: install it (Debian: apt-get install tshark; macOS: brew install wireshark)");
    }

    /// <summary>
    /// Checksums are verified; sequence analysis and the joining of TCP segments are off, for they depend on other
    /// frames (the same segment at several observation points is no fault); names are not looked up, and ports that
    /// Wireshark does not know as tunnels are named.
    /// </summary>
    public static IReadOnlyList<string> Arguments(string capture, IReadOnlyList<TunnelPort> ports)
    {
        List<string> arguments = ["-n", "-r", capture, "-T", "pdml"];
        foreach (TunnelPort port in ports)
        {
            arguments.Add("-d");
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"udp.port=={port.Port},{port.Protocol}"));
        }

        string[] preferences =
        [
            "ip.check_checksum:TRUE",
            "udp.check_checksum:TRUE",
            "tcp.check_checksum:TRUE",
            "sctp.checksum:crc-32c",
            "tcp.analyze_sequence_numbers:FALSE",
            "tcp.desegment_tcp_streams:FALSE",
        ];
        foreach (string preference in preferences)
        {
            arguments.Add("-o");
            arguments.Add(preference);
        }

        return arguments;
    }

    /// <summary>The command as one would type it.</summary>
    public static string Describe(IReadOnlyList<string> arguments) =>
        "tshark " + string.Join(' ', arguments.Select(Quote));

    private static string Quote(string argument) =>
        argument.All(letter => char.IsLetterOrDigit(letter) || "-_./:=,+@%".Contains(letter, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
