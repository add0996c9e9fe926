namespace Dataplane.Cli.Manual;

/// <summary>Where hostile input ends; the table of src/README.md, which says what a run then prints.</summary>
public static class InputLimits
{
    public static IReadOnlyList<(string What, string End)> All { get; } =
    [
        ("YAML and JSON depth", "128 levels"),
        ("YAML aliases", "1,000,000 values replayed in a document, as many under anchors"),
        ("one JSON value", "256 MiB"),
        ("strings shared between objects", "16,384 of up to 80 letters, those used last"),
        ("a name, namespace, kind", "253 letters, none a control character"),
        ("a manifest's objects", "memory; it grows with the file, never faster"),
        ("a line of iptables-save", "65,536 letters"),
        ("iptables chains", "depth: as in the dump; no circles; 100,000,000 rules that one packet may walk through"),
        ("recent lists", "100 addresses each, as the kernel"),
        ("a captured frame", "262,144 bytes"),
        ("a pcapng block with a packet or an interface", "16 MiB; others are passed over in windows"),
        ("pcapng options", "their block"),
        ("interfaces", "65,536 in all captures and sections"),
        ("a compressed byte", "becomes 10,000, behind the first MiB"),
        ("--preload", "three quarters of the memory"),
        ("IPv6 addresses remembered", "16,777,216 (40 bytes each)"),
        ("addresses without a Pod learnt", "16,777,216"),
        ("connections", "unlimited; 64 bytes and two links each"),
        ("fragmented packets put together", "64 at once, of 64 fragments and 65,535 bytes, for 30 s"),
        ("packets seen at several points", "131,072 (16 MiB), a second; the oldest gives way"),
        ("packets compared between clocks", "65,536 of each capture"),
        ("fragmented packets followed", "16,384; the oldest gives way"),
        ("tunnels in tunnels", "one: a node's tunnel packet inside of a tunnel is not opened"),
        ("nodes on the way", "16 rounds of a burst"),
        ("frames made of one burst", "4,096 lanes, 4 MiB"),
    ];
}
