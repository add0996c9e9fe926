using System.Net;
using System.Net.Sockets;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Wire;

/// <summary>
/// Text to addresses: what Kubernetes takes, and nothing else. The judge is the runtime's own parser.
/// </summary>
public sealed class IpTextTests
{
    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("FD00:10:244::A", "fd00:10:244::a")]
    [InlineData("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.1")]
    [InlineData("64:ff9b::192.0.2.33", "64:ff9b::c000:221")]
    [InlineData("1:2:3:4:5:6:255.255.0.1", "1:2:3:4:5:6:ffff:1")]
    public void An_address_is_read(string text, string canonical)
    {
        Assert.True(IpAddress.TryParse(text, out IpAddress address));
        Assert.Equal(canonical, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.1.")]
    [InlineData(".10.0.0.1")]
    [InlineData("10..0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.00")]
    [InlineData("0x10.0.0.1")]
    [InlineData("10.0.0.1 ")]
    [InlineData("10.0.0.\u0661")]
    [InlineData("167772161")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7::8")]
    [InlineData("12345::")]
    [InlineData("g::")]
    [InlineData("::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    [InlineData("::10.0.0")]
    [InlineData("::10.0.0.01")]
    [InlineData("1:2:3:4:5:6:7:10.0.0.1")]
    [InlineData("::10.0.0.1:1")]
    public void What_is_no_address_is_refused(string text) => Assert.False(IpAddress.TryParse(text, out _));

    [Fact]
    public void An_address_is_printed_as_the_runtime_prints_it_and_read_again()
    {
        var random = new Random(5);
        byte[] bytes = new byte[16];
        for (int round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            for (int zero = random.Next(12); zero > 0; zero--) bytes[random.Next(16)] = 0;
            if (round % 3 == 0) bytes.AsSpan(0, random.Next(13)).Clear();
            if (round % 5 == 0) bytes.AsSpan(10, 2).Fill(0xFF);
            IpAddress address = IpAddress.FromBytes(bytes.AsSpan(0, round % 2 == 0 ? 4 : 16));
            Assert.Equal(new IPAddress(bytes.AsSpan(0, address.Size)).ToString(), address.ToString());
            Assert.True(IpAddress.TryParse(address.ToString(), out IpAddress again));
            Assert.Equal(address, again);
        }
    }

    [Fact]
    public void Hostile_text_is_judged_as_the_runtime_judges_it()
    {
        var random = new Random(7);
        string[] parts =
        [
            "0", "1", "9", "10", "255", "256", "00", "a", "F", "ffff", "12345", ":", ":", "::", ".", ".", "1.2.3.4",
            "1:2:3",
        ];
        int good = 0;
        for (int round = 0; round < 200_000; round++)
        {
            string text = string.Concat(
                Enumerable.Range(0, random.Next(1, 16)).Select(_ => parts[random.Next(parts.Length)]));
            bool isRead = IpAddress.TryParse(text, out IpAddress address);
            bool expected = IsAddress(text, out IPAddress? reference);
            Assert.True(expected == isRead, $"{text}: {(expected ? "an address" : "no address")}");
            if (!isRead) continue;

            good++;
            Assert.Equal(reference!.ToString(), address.ToString());
        }

        Assert.InRange(good, 1000, 200_000);
    }

    // The runtime takes more than Kubernetes: short and octal quads, zeros in front, a gap that stands for nothing.
    private static bool IsAddress(string text, out IPAddress? address)
    {
        if (!IPAddress.TryParse(text, out address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetwork) return address.ToString() == text;

        string quad = text[(text.LastIndexOf(':') + 1)..];
        if (quad.Contains('.') && quad.Split('.').Any(part => part.Length > 1 && part[0] == '0')) return false;

        int groups = text.Split(':', StringSplitOptions.RemoveEmptyEntries).Length + (quad.Contains('.') ? 1 : 0);
        return !text.Contains("::", StringComparison.Ordinal) || groups < 8;
    }
}
