using System.Buffers.Binary;
using System.Diagnostics;

namespace Dataplane.Tests.Oracles;

/// <summary>
/// Open vSwitch's userspace datapath with dummy ports, in a folder of its own: its database, its sockets, its
/// processes, which go by their ids. No device and no route of the machine is touched.
/// </summary>
internal sealed class OpenVSwitchLab : IDisposable
{
    public const string NodeV6 = "fd00:56::11";
    public const string PeerV6 = "fd00:56::12";

    private const string Schema = "/usr/share/openvswitch/vswitch.ovsschema";
    private const string Underlay = "192.168.56";
    private const string NodeMac = "02:00:c0:a8:38:0b";
    private const string PeerMac = "02:00:c0:a8:38:0c";
    private const int Milliseconds = 10_000;
    private const int FramesInCall = 20;
    private const int FirstPod = 10;
    private const int FirstTunnel = 50;
    private const int Inside = 90;

    private static readonly string[] Programs =
        ["ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl", "ovs-appctl"];

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplane-ovs-").FullName;
    private readonly List<Process> _running = [];

    /// <summary>
    /// The variants by their order: type, options, actions and peer as <c>20-ovs-userspace</c> has them.
    /// </summary>
    public OpenVSwitchLab(IReadOnlyList<OpenVSwitchVariant> variants)
    {
        try
        {
            Start();
            Build(variants);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What is missing to run it; empty where nothing is.</summary>
    public static string Missing()
    {
        string[] folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        string[] absent = [.. Programs.Where(program => !folders.Any(folder => File.Exists($"{folder}/{program}")))];
        return absent.Length > 0 || !File.Exists(Schema) ? "needs the Debian package openvswitch-switch" : "";
    }

    /// <summary>Frames that the pod of a variant sends; what leaves on the wire, in order.</summary>
    public List<byte[]> Encapsulate(int variant, IReadOnlyList<byte[]> frames) =>
        PassThrough($"pod{variant}", "p0", frames);

    /// <summary>Frames that come from the wire; what comes out of the tunnels.</summary>
    public List<byte[]> Decapsulate(IReadOnlyList<byte[]> frames) => PassThrough("p0", "inside", frames);

    public void Dispose()
    {
        for (int at = _running.Count - 1; at >= 0; at--)
        {
            _running[at].Kill(entireProcessTree: true);
            _running[at].WaitForExit();
            _running[at].Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private void Start()
    {
        Run("ovsdb-tool", "create", At("conf.db"), Schema);
        Spawn("ovsdb-server", $"--remote=punix:{At("db.sock")}", $"--unixctl={At("ovsdb.ctl")}", At("conf.db"));
        WaitFor(() => File.Exists(At("db.sock")), "ovsdb-server");
        Configure("--no-wait", "init");
        Spawn("ovs-vswitchd", $"unix:{At("db.sock")}", "--enable-dummy",
            "--disable-system", $"--unixctl={At("vswitchd.ctl")}");
        WaitFor(() => File.Exists(At("vswitchd.ctl")), "ovs-vswitchd");
    }

    private void Build(IReadOnlyList<OpenVSwitchVariant> variants)
    {
        List<string> setup =
        [
            "add-br", "br-phy", "--", "set", "bridge", "br-phy", "datapath_type=dummy",
            $"other-config:hwaddr={NodeMac}", "--", "add-br", "br-int", "--", "set", "bridge", "br-int",
            "datapath_type=dummy", "fail-mode=secure", "--", "add-port", "br-phy", "p0", "--", "set", "Interface", "p0",
            "type=dummy", $"options:tx_pcap={At("p0.pcap")}", "ofport_request=1", "--", "add-port", "br-int", "inside",
            "--", "set", "Interface", "inside", "type=dummy", $"options:tx_pcap={At("inside.pcap")}",
            $"ofport_request={Inside}",
        ];
        for (int at = 0; at < variants.Count; at++)
        {
            setup.AddRange(["--", "add-port", "br-int", $"pod{at}", "--", "set", "Interface", $"pod{at}", "type=dummy",
                $"ofport_request={FirstPod + at}"]);
            setup.AddRange(["--", "add-port", "br-int", $"tun{at}", "--", "set", "Interface", $"tun{at}",
                $"type={variants[at].Type}"]);
            setup.AddRange([$"options:remote_ip={variants[at].Remote}", .. variants[at].Options.Split(' '),
                $"ofport_request={FirstTunnel + at}"]);
        }

        Configure([.. setup]);
        Control("netdev-dummy/ip4addr", "br-phy", $"{Underlay}.11/24");
        Control("ovs/route/add", $"{Underlay}.0/24", "br-phy");
        Control("netdev-dummy/ip6addr", "br-phy", $"{NodeV6}/64");
        Control("ovs/route/add", "fd00:56::/64", "br-phy");
        Flow("add-flow", "br-phy", "actions=normal");
        Flow("add-tlv-map", "br-int", "{class=0x102,type=0x80,len=4}->tun_metadata0");
        Flow("del-flows", "br-int");
        for (int at = 0; at < variants.Count; at++)
        {
            Control("tnl/neigh/set", "br-phy", variants[at].Remote, PeerMac);
            string actions = variants[at].Actions.Length > 0 ? variants[at].Actions + "," : "";
            Flow("add-flow", "br-int", $"in_port={FirstPod + at} actions={actions}output:{FirstTunnel + at}");
            Flow("add-flow", "br-int", $"in_port={FirstTunnel + at} actions=output:{Inside}");
        }
    }

    private List<byte[]> PassThrough(string port, string seenAt, IReadOnlyList<byte[]> frames)
    {
        string pcap = At($"{seenAt}.pcap");
        int before = Read(pcap).Count;
        foreach (byte[][] some in frames.Chunk(FramesInCall))
            Control(["netdev-dummy/receive", port, .. some.Select(Convert.ToHexStringLower)]);

        // Every frame is let through: fewer are an answer too, when nothing more comes.
        var patience = Stopwatch.StartNew();
        while (Read(pcap).Count - before < frames.Count && patience.ElapsedMilliseconds < Milliseconds)
            Thread.Sleep(20);

        return Read(pcap)[before..];
    }

    // pcap as Open vSwitch writes it: microseconds, this machine's byte order.
    private static List<byte[]> Read(string path)
    {
        if (!File.Exists(path)) return [];

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        int size = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        List<byte[]> frames = [];
        for (int at = 24; at + 16 <= size;)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8));
            if (at + 16 + length > size) break;

            frames.Add(bytes[(at + 16)..(at + 16 + length)]);
            at += 16 + length;
        }

        return frames;
    }

    private void Configure(params string[] words) => Run("ovs-vsctl", [$"--db=unix:{At("db.sock")}", .. words]);

    private void Control(params string[] words) => Run("ovs-appctl", ["-t", At("vswitchd.ctl"), .. words]);

    private void Flow(string command, string bridge, params string[] words) =>
        Run("ovs-ofctl", [command, At($"{bridge}.mgmt"), .. words]);

    private void Spawn(string program, params string[] arguments)
    {
        Process process = Process.Start(Prepare(program, arguments))!;
        Drain(process);
        _running.Add(process);
    }

    private void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(Prepare(program, arguments))!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Milliseconds)) process.Kill();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments.Take(3))}: {errors.Result} {output.Result}".Trim());
    }

    private ProcessStartInfo Prepare(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (string folder in new[] { "OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR" })
            start.Environment[folder] = _folder;
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        return start;
    }

    private static void Drain(Process process)
    {
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private static void WaitFor(Func<bool> isThere, string program)
    {
        var patience = Stopwatch.StartNew();
        while (!isThere())
        {
            if (patience.ElapsedMilliseconds > Milliseconds)
                throw new InvalidOperationException($"{program} did not start in {Milliseconds / 1000} s");
            Thread.Sleep(10);
        }
    }
}

/// <summary>
/// A tunnel port: <c>geneve</c>, its <c>options:…</c>, what the flow sets in front of it, and the peer.
/// </summary>
internal sealed record OpenVSwitchVariant(string Name, string Type, string Options, string Actions, string Remote);
