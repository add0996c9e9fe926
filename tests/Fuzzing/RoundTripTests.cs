using CsCheck;
using Dataplane.Engines.Iptables.Text;
using Dataplane.Engines.Ipvs;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Fuzzing;

/// <summary>What is printed is read back as what it was.</summary>
public class RoundTripTests
{
    private static readonly Gen<string> Address =
        Gen.OneOf(Gen.UInt.Select(value => IpAddress.FromV4(value).ToString()),
            Gen.Byte.Array[16].Select(bytes => IpAddress.FromBytes(bytes).ToString()));

    private static readonly string[] Schedulers = ["rr", "wrr", "lc", "wlc", "sh", "dh", "sed", "nq", "mh"];

    [Fact]
    public void An_address_is_read_as_it_was_printed() =>
        Address.Sample(text => Assert.Equal(text, IpAddress.Parse(text).ToString()));

    [Fact]
    public void A_rule_s_comment_of_any_letters_is_read_as_it_was_printed() =>
        Gen.Char[' ', '~'].Array[0, 40].Select(letters => new string(letters)).Sample(comment =>
        {
            var rule = new IptablesRule
            {
                Chain = "INPUT",
                Matches = [new IptablesMatch("comment", new IptablesOption("--comment", comment))],
                Target = "ACCEPT",
            };

            Assert.Equal(comment, IptablesRule.Parse(rule.ToString()).Matches[0].Options[0].Value);
        });

    [Fact]
    public void A_virtual_service_is_read_as_it_was_printed() =>
        Gen.Select(Gen.UInt, Gen.UShort[1, 65535], Gen.Int[0, 65535], Gen.Int[0, Schedulers.Length - 1])
            .Sample((address, port, weight, scheduler) =>
            {
                string service = $"{IpAddress.FromV4(address)}:{port}";
                string text = $"-A -t {service} -s {Schedulers[scheduler]}\n"
                    + $"-a -t {service} -r 10.0.0.1:80 -m -w {weight}\n";

                Assert.Equal(text, IpvsRules.Print(IpvsRules.Parse(text, "f")));
            });

    [Fact]
    public void A_sum_that_is_put_into_its_bytes_makes_them_good()
    {
        Gen.Byte.Array[20, 1500].Sample(bytes =>
        {
            bytes[10] = bytes[11] = 0;
            ushort checksum = InternetChecksum.Finish(InternetChecksum.Sum(bytes));
            BitConverter.TryWriteBytes(bytes.AsSpan(10), checksum);

            Assert.Equal(0, InternetChecksum.Finish(InternetChecksum.Sum(bytes)));
        });
    }
}
