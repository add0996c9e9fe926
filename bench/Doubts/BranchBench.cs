using BenchmarkDotNet.Attributes;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does it buy that the parser asks for TCP or UDP without a branch? Protocols that come by turns are predicted;
/// those of real traffic are not.
/// </summary>
public class BranchBench
{
    private const int Packets = 1 << 14;
    private const int TcpBit = 2;
    private const int TcpSize = 20;
    private const int UdpSize = 8;

    private readonly byte[] _protocols = new byte[Packets];
    private readonly byte[] _flags = new byte[Packets];

    [Params(false, true)]
    public bool IsRandom { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var draw = new Draw(1);
        for (int packet = 0; packet < Packets; packet++)
        {
            bool isTcp = IsRandom ? draw.Next(2) == 0 : packet % 2 == 0;
            _protocols[packet] = isTcp ? IpProtocol.Tcp : IpProtocol.Udp;
            _flags[packet] = (byte)draw.Next(64);
        }
    }

    [Benchmark(Description = "A branch for TCP", OperationsPerInvoke = Packets, Baseline = true)]
    public int Branch()
    {
        int sum = 0;
        for (int packet = 0; packet < Packets; packet++)
        {
            if (_protocols[packet] == IpProtocol.Tcp) sum = Step(sum) + TcpSize + _flags[packet];
            else sum += UdpSize;
        }

        return sum;
    }

    [Benchmark(Description = "A bit of the protocol's number", OperationsPerInvoke = Packets)]
    public int Arithmetic()
    {
        int sum = 0;
        for (int packet = 0; packet < Packets; packet++)
        {
            int isTcp = _protocols[packet] >> TcpBit & 1;
            sum += UdpSize + (isTcp * (TcpSize - UdpSize)) + (_flags[packet] & -isTcp);
        }

        return sum;
    }

    // Keeps the compiler from turning the branch into arithmetic on its own.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static int Step(int sum) => sum;
}
