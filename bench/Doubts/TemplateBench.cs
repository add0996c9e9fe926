using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Dataplane.Core;
using Dataplane.Wire;

namespace Dataplane.Bench.Doubts;

/// <summary>
/// What does a template of the outer headers buy, of which only lengths, id, port and sums change, against writing
/// header by header and summing the IPv4 header whole? Frames of a burst, in the cache.
/// </summary>
public unsafe class TemplateBench : IDisposable
{
    private const int Burst = 64;
    private const int Slot = 256;
    private const int IpOffset = EthernetHeader.Size;
    private const int UdpOffset = IpOffset + Ipv4Header.Size;
    private const int Headers = UdpOffset + UdpHeader.Size + VxlanHeader.Size;
    private const int InnerLength = 60;
    private const byte Ttl = 64;
    private const uint Sender = 0xC0A8_3801;
    private const uint Receiver = 0xC0A8_3802;
    private const ushort TunnelPort = 8472;

    private static readonly MacAddress SenderMac = new(0x0A58_0000_0001);
    private static readonly MacAddress ReceiverMac = new(0x0A58_0000_0002);

    private readonly NativeArray<byte> _frames = new(Burst * Slot);
    private readonly NativeArray<byte> _template = new(Slot);
    private readonly uint _templateSum;

    public TemplateBench()
    {
        WriteHeaders(_template.Start, 0, 0, 0);
        MemoryMarshal.Write(new Span<byte>(_template.Start + IpOffset + Ipv4Header.ChecksumOffset, 2), (ushort)0);
        MemoryMarshal.Write(new Span<byte>(_template.Start + IpOffset + Ipv4Header.TotalLengthOffset, 2), (ushort)0);
        _templateSum = InternetChecksum.Sum(new ReadOnlySpan<byte>(_template.Start + IpOffset, Ipv4Header.Size));
    }

    [Benchmark(Description = "Header by header", OperationsPerInvoke = Burst, Baseline = true)]
    public void HeaderByHeader()
    {
        for (int frame = 0; frame < Burst; frame++)
            WriteHeaders(_frames.Start + (frame * Slot), (ushort)frame, (ushort)(40_000 + frame), InnerLength);
    }

    [Benchmark(Description = "A template, and what changes", OperationsPerInvoke = Burst)]
    public void Template()
    {
        for (int frame = 0; frame < Burst; frame++)
        {
            byte* to = _frames.Start + (frame * Slot);
            Unsafe.CopyBlockUnaligned(to, _template.Start, Headers);
            var length = new U16Be(Ipv4Header.Size + UdpHeader.Size + VxlanHeader.Size + InnerLength);
            var id = new U16Be((ushort)frame);
            Put(to + IpOffset + Ipv4Header.TotalLengthOffset, length);
            Put(to + IpOffset + sizeof(uint), id);
            ushort sum = InternetChecksum.Finish(
                _templateSum + (ulong)Unsafe.As<U16Be, ushort>(ref length) + Unsafe.As<U16Be, ushort>(ref id));
            *(ushort*)(to + IpOffset + Ipv4Header.ChecksumOffset) = sum;
            Put(to + UdpOffset, new U16Be((ushort)(40_000 + frame)));
            Put(to + UdpOffset + sizeof(uint), new U16Be(UdpHeader.Size + VxlanHeader.Size + InnerLength));
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        _template.Dispose();
        GC.SuppressFinalize(this);
    }

    private static void Put(byte* to, U16Be value) => Unsafe.WriteUnaligned(to, value);

    private static void WriteHeaders(byte* to, ushort id, ushort port, int inner)
    {
        int udp = UdpHeader.Size + VxlanHeader.Size + inner;
        Unsafe.WriteUnaligned(to, new EthernetHeader(ReceiverMac, SenderMac, EtherType.Ipv4));
        Unsafe.WriteUnaligned(to + IpOffset, new Ipv4Header(
            tos: 0, (ushort)(Ipv4Header.Size + udp), id, fragment: 0, Ttl, IpProtocol.Udp, Sender, Receiver));
        Unsafe.WriteUnaligned(to + UdpOffset, new UdpHeader(port, TunnelPort, (ushort)udp));
        Unsafe.WriteUnaligned(to + UdpOffset + UdpHeader.Size, new VxlanHeader(1));
    }
}
