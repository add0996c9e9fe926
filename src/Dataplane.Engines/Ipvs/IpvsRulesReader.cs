using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Wire;

namespace Dataplane.Engines.Ipvs;

/// <summary>
/// Reads lines of <c>ipvsadm</c> (its manual page's -A and -a); everything else is an error that names the line.
/// </summary>
internal sealed class IpvsRulesReader(string file)
{
    private const uint DefaultTimeout = 360;
    private const int MaxWeight = 65535;

    private readonly List<IpvsVirtualServer> _servers = [];
    private readonly Dictionary<(IpAddress, ushort, byte), int> _byService = [];
    private string[] _words = [];
    private int _at;
    private int _line;

    public IReadOnlyList<IpvsVirtualServer> Read(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            _line++;
            string rule = line.Trim();
            if (rule.Length == 0 || rule[0] == '#') continue;

            _words = rule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            _at = 0;
            string command = Word();
            if (command is "-A" or "--add-service") AddService();
            else if (command is "-a" or "--add-server") AddServer();
            else Fail($"'{command}' is not a command of a saved table; use -A and -a");
        }

        return _servers;
    }

    private void AddService()
    {
        IpvsVirtualServer server = Service() with { Scheduler = IpvsScheduler.WeightedLeastConnection };
        string flags = "";
        while (_at < _words.Length)
        {
            string option = Word();
            switch (option)
            {
                case "-s" or "--scheduler":
                    server = server with { Scheduler = Scheduler() };
                    break;
                case "-p" or "--persistent":
                    server = server with { Flags = server.Flags | IpvsServiceFlags.Persistent, Timeout = Timeout() };
                    break;
                case "-M" or "--netmask":
                    server = server with { Netmask = Netmask(server.Address.IsV6) };
                    break;
                case "-o" or "--ops":
                    server = server with { Flags = server.Flags | IpvsServiceFlags.OnePacket };
                    break;
                case "-b" or "--sched-flags":
                    flags = Value(option);
                    break;
                default:
                    Fail($"'{option}' is not an option of a virtual service here; known are -s, -p, -M, -o and -b");
                    break;
            }
        }

        server = server with { Flags = server.Flags | SchedulerFlags(server.Scheduler, flags) };
        if (server.Port == 0 && !server.IsPersistent)
            Fail("port zero is for persistent services; give a timeout with -p");
        if (!_byService.TryAdd(KeyOf(server), _servers.Count))
            Fail($"{server} is there already; leave one of them out");
        _servers.Add(server);
    }

    private void AddServer()
    {
        IpvsVirtualServer service = Service();
        if (!_byService.TryGetValue(KeyOf(service), out int index)) Fail($"no -A for {service} before this line");
        var real = new IpvsRealServer(default, 0) { Forwarding = IpvsForwarding.Route };
        while (_at < _words.Length)
        {
            string option = Word();
            real = option switch
            {
                "-r" or "--real-server" => RealServer(real, service.Port),
                "-m" or "--masquerading" => real with { Forwarding = IpvsForwarding.Masquerade },
                "-g" or "--gatewaying" => real with { Forwarding = IpvsForwarding.Route },
                "-i" or "--ipip" => real with { Forwarding = IpvsForwarding.Tunnel },
                "-w" or "--weight" => real with { Weight = (int)Number(option, MaxWeight) },
                "-x" or "--u-threshold" => real with { UpperThreshold = Number(option, uint.MaxValue) },
                "-y" or "--l-threshold" => real with { LowerThreshold = Number(option, uint.MaxValue) },
                "--tun-type" => TunnelType(real),
                _ => Unknown(option),
            };
        }

        if (real.Address.IsNone) Fail("a real server needs its address: -r ADDRESS:PORT");
        if (real.Address.Family != service.Address.Family)
        {
            Fail($"real server {real.Address} is of another family than {service}");
        }

        if (real.LowerThreshold > real.UpperThreshold) Fail("the lower threshold (-y) is above the upper one (-x)");
        IpvsVirtualServer server = _servers[index];
        if (server.RealServers.Any(other => other.Address == real.Address && other.Port == real.Port))
        {
            Fail(
                $"{server} has real server {IpvsRules.TextOf(real.Address, real.Port)} already; leave one of them out");
        }

        _servers[index] = server with { RealServers = server.RealServers.Add(real) };
    }

    private static (IpAddress, ushort, byte) KeyOf(IpvsVirtualServer server) =>
        (server.Address, server.Port, server.Protocol);

    private IpvsVirtualServer Service()
    {
        string option = Word();
        byte protocol = option switch
        {
            "-t" or "--tcp-service" => IpProtocol.Tcp,
            "-u" or "--udp-service" => IpProtocol.Udp,
            "--sctp-service" => IpProtocol.Sctp,
            "-f" or "--fwmark-service" => NoMarks(),
            _ => NoService(option),
        };
        (IpAddress address, ushort port) = AddressAndPort(Value(option), 0);
        return new IpvsVirtualServer(address, port, protocol);
    }

    private byte NoMarks()
    {
        Fail("services by firewall mark (-f) are not modelled; leave the service and its real servers out");
        return 0;
    }

    private byte NoService(string option)
    {
        Fail($"'{option}' names no service; use -t, -u or --sctp-service");
        return 0;
    }

    private IpvsRealServer Unknown(string option)
    {
        Fail(
            $"'{option}' is not an option of a real server here; known are -r, -m, -g, -i, -w, -x, "
            + "-y and --tun-type ipip");
        return null!;
    }

    private IpvsRealServer RealServer(IpvsRealServer real, ushort servicePort)
    {
        (IpAddress address, ushort port) = AddressAndPort(Value("-r"), servicePort);
        return new IpvsRealServer(address, port)
        {
            Forwarding = real.Forwarding,
            Weight = real.Weight,
            UpperThreshold = real.UpperThreshold,
            LowerThreshold = real.LowerThreshold,
        };
    }

    private IpvsRealServer TunnelType(IpvsRealServer real)
    {
        string type = Value("--tun-type");
        if (type != "ipip") Fail($"tunnel type '{type}' is not modelled; use ipip");
        return real;
    }

    private IpvsScheduler Scheduler()
    {
        string name = Value("-s");
        if (!IpvsSchedulerNames.TryParse(name, out IpvsScheduler scheduler))
        {
            Fail($"scheduler '{name}' is not known; use one of {string.Join(' ', IpvsSchedulerNames.All)}");
        }

        return scheduler;
    }

    private IpvsServiceFlags SchedulerFlags(IpvsScheduler scheduler, string text)
    {
        var flags = IpvsServiceFlags.None;
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int number = Array.Find([1, 2, 3], candidate =>
                name == IpvsRules.FlagName(scheduler, candidate) || name == $"flag-{candidate}");
            if (number == 0) Fail($"'{name}' is no flag of scheduler {IpvsSchedulerNames.NameOf(scheduler)}");
            flags |= (IpvsServiceFlags)((int)IpvsServiceFlags.Scheduler1 << (number - 1));
        }

        return flags;
    }

    private uint Timeout()
    {
        bool isGiven = _at < _words.Length && char.IsAsciiDigit(_words[_at][0]);
        return isGiven ? Number("-p", 31 * 86_400) : DefaultTimeout;
    }

    private uint Netmask(bool isV6)
    {
        string text = Value("-M");
        if (isV6)
        {
            bool isLength = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint length);
            if (isLength && length is >= 1 and <= 128) return length;
        }
        else if (IpAddress.TryParse(text, out IpAddress mask) && mask.IsV4 && mask.V4 != 0
            && BitOperations.LeadingZeroCount(~mask.V4) + BitOperations.TrailingZeroCount(mask.V4) == 32)
        {
            return mask.V4;
        }

        Fail($"'{text}' is no netmask; use {(isV6 ? "a prefix length from 1 to 128" : "one like 255.255.255.0")}");
        return 0;
    }

    private (IpAddress Address, ushort Port) AddressAndPort(string text, ushort defaultPort)
    {
        int end = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.LastIndexOf(':');
        bool hasPort = end > 0 && end < text.Length;
        string host = (hasPort ? text[..end] : text).Trim('[', ']');
        ushort port = defaultPort;
        bool isRead = IpAddress.TryParse(host, out IpAddress address)
            && (!hasPort
                || ushort.TryParse(text[(end + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port));
        if (!isRead) Fail($"'{text}' is no address and port; use numbers, as ipvsadm-save -n prints them");
        return (address, port);
    }

    private uint Number(string option, uint highest)
    {
        string text = Value(option);
        bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number);
        if (!isNumber || number > highest) Fail($"'{text}' after {option} is no number from 0 to {highest}");
        return number;
    }

    private string Value(string option)
    {
        if (_at == _words.Length) Fail($"{option} needs a value");
        return Word();
    }

    private string Word()
    {
        if (_at == _words.Length) Fail("the line ends too early");
        return _words[_at++];
    }

    [DoesNotReturn]
    private void Fail(string what) => throw DumpError.At(file, _line, what);
}
