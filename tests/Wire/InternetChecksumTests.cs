using System.Buffers.Binary;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Wire;

public class InternetChecksumTests
{
    private delegate uint Kernel(ref byte destination, ref readonly byte source, int length);

    private static readonly Dictionary<string, (Kernel Sum, Kernel Copy)> Kernels = new()
    {
        ["portable"] = (ChecksumKernel.Portable<SumOnly>, ChecksumKernel.Portable<SumAndCopy>),
        ["128 bits"] = (ChecksumKernel.Narrow<SumOnly>, ChecksumKernel.Narrow<SumAndCopy>),
        ["256 bits"] = (ChecksumKernel.Wide<SumOnly>, ChecksumKernel.Wide<SumAndCopy>),
        ["chosen"] = (ChecksumKernel.Run<SumOnly>, ChecksumKernel.Run<SumAndCopy>),
    };

    public static TheoryData<string> Implementations => [.. Kernels.Keys];

    [Theory, MemberData(nameof(Implementations))]
    public void Every_length_to_2048_at_even_and_odd_offsets_sums_like_the_reference(string implementation)
    {
        byte[] bytes = RandomBytes(2048 + 3);
        byte nowhere = 0;

        for (int offset = 0; offset <= 3; offset++)
        {
            for (int length = 0; length <= 2048; length++)
            {
                uint sum = Kernels[implementation].Sum(ref nowhere, ref bytes[offset], length);
                Assert.Equal(Reference(bytes.AsSpan(offset, length)), OnTheWire(InternetChecksum.Finish(sum)));
            }
        }
    }

    [Theory, MemberData(nameof(Implementations))]
    public void Copying_gives_the_same_sum_and_touches_no_byte_outside(string implementation)
    {
        byte[] source = RandomBytes(2048 + 3);
        byte[] destination = new byte[source.Length + 128];

        for (int length = 0; length <= 2048; length++)
        {
            int offset = length & 3;
            Array.Fill(destination, (byte)0xA5);
            uint sum = Kernels[implementation].Copy(ref destination[64 + offset], ref source[offset], length);

            Assert.Equal(Reference(source.AsSpan(offset, length)), OnTheWire(InternetChecksum.Finish(sum)));
            Assert.True(destination.AsSpan(64 + offset, length).SequenceEqual(source.AsSpan(offset, length)));
            Assert.Equal(-1, destination.AsSpan(0, 64 + offset).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, destination.AsSpan(64 + offset + length).IndexOfAnyExcept((byte)0xA5));
        }
    }

    [Theory, MemberData(nameof(Implementations))]
    public void Nothing_overflows_over_four_megabytes_of_ones(string implementation)
    {
        byte[] bytes = new byte[4 << 20];
        Array.Fill(bytes, (byte)0xFF);
        byte nowhere = 0;

        uint sum = Kernels[implementation].Sum(ref nowhere, ref bytes[0], bytes.Length);

        Assert.Equal(0xFFFF, InternetChecksum.Fold(sum));
    }

    [Theory, MemberData(nameof(Implementations))]
    public void A_sum_keeps_to_18_bits_so_sums_can_be_added_without_losing_a_carry(string implementation)
    {
        byte[] bytes = new byte[2048];
        Array.Fill(bytes, (byte)0xFF);
        byte nowhere = 0;

        for (int length = 0; length <= bytes.Length; length++)
            Assert.True(Kernels[implementation].Sum(ref nowhere, ref bytes[0], length) < 1u << 18);
    }

    [Fact]
    public void The_example_of_rfc_1071_comes_out()
    {
        byte[] bytes = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7];

        Assert.Equal(0xDDF2, OnTheWire(InternetChecksum.Fold(InternetChecksum.Sum(bytes))));
    }

    [Fact]
    public void The_example_of_rfc_1624_updates_without_a_negative_zero() =>
        Assert.Equal(0x0000, InternetChecksum.Update(0xDD2F, (ushort)0x5555, (ushort)0x3285));

    [Fact]
    public void Updating_a_word_an_address_or_a_long_address_equals_summing_again()
    {
        var random = new Random(1624);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[40];
            random.NextBytes(bytes);
            if (i % 5 == 0) bytes.AsSpan(8, 16).Fill(i % 2 == 0 ? (byte)0 : (byte)0xFF);
            byte[] changed = [.. bytes];
            int size = (i % 3) switch { 0 => 2, 1 => 4, _ => 16 };
            random.NextBytes(changed.AsSpan(8, size));
            ushort before = Reference(bytes);

            ushort updated = size switch
            {
                2 => InternetChecksum.Update(before, Read16(bytes), Read16(changed)),
                4 => InternetChecksum.Update(before, Read32(bytes), Read32(changed)),
                _ => InternetChecksum.Update(before, Read128(bytes), Read128(changed)),
            };

            Assert.Equal(Reference(changed), updated);
        }

        static ushort Read16(byte[] bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(8));
        static uint Read32(byte[] bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8));
        static UInt128 Read128(byte[] bytes) => BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(8));
    }

    [Fact]
    public void A_pseudo_header_is_the_same_from_numbers_as_from_bytes()
    {
        byte[] v4 = [10, 244, 1, 5, 10, 96, 0, 10];
        byte[] v6 = [.. Enumerable.Range(200, 32).Select(i => (byte)i)];
        IpAddress source = IpAddress.FromBytes(v6.AsSpan(0, 16));
        IpAddress destination = IpAddress.FromBytes(v6.AsSpan(16, 16));

        uint sumV4 = InternetChecksum.PseudoHeaderV4(0x0AF4_0105, 0x0A60_000A, 17, 1300);
        uint sumV6 = InternetChecksum.PseudoHeaderV6(source.Value, destination.Value, 6, 70_000);

        Assert.Equal(Reference([.. v4, 0, 17, 0x05, 0x14]), OnTheWire(InternetChecksum.Finish(sumV4)));
        Assert.Equal(Reference([.. v6, 0, 1, 0x11, 0x70, 0, 0, 0, 6]), OnTheWire(InternetChecksum.Finish(sumV6)));
        Assert.Equal(InternetChecksum.Fold(sumV4), InternetChecksum.Fold(InternetChecksum.PseudoHeader(v4, 17, 1300)));
        Assert.Equal(InternetChecksum.Fold(sumV6), InternetChecksum.Fold(InternetChecksum.PseudoHeader(v6, 6, 70_000)));
    }

    [Fact]
    public void A_udp_checksum_that_comes_out_as_zero_is_sent_as_ones()
    {
        Assert.Equal(0x0000, InternetChecksum.Finish(0xFFFF));
        Assert.Equal(0xFFFF, InternetChecksum.FinishUdp(0xFFFF));
    }

    private static byte[] RandomBytes(int size)
    {
        byte[] bytes = new byte[size];
        new Random(1071).NextBytes(bytes);
        return bytes;
    }

    private static ushort OnTheWire(ushort inMemory) => U16Be.FromWire(inMemory).Host;

    /// <summary>RFC 1071 §1, word by word.</summary>
    private static ushort Reference(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
