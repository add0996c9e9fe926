using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplane.Engines.Ebpf;
using Dataplane.Wire;
using Xunit;

namespace Dataplane.Tests.Engines;

public class MaglevTests
{
    [Fact]
    public void The_table_of_Ciliums_own_test_is_reproduced()
    {
        JsonElement vector = Vectors().GetProperty("cilium").GetProperty("reproducible");
        MaglevBackend[] backends =
        [
            .. vector.GetProperty("backends").EnumerateArray().Select(backend => new MaglevBackend(
                backend.GetProperty("hash_string").GetString()!,
                backend.GetProperty("id").GetUInt32(),
                backend.GetProperty("weight").GetUInt16())),
        ];
        uint[] table = new uint[vector.GetProperty("M").GetInt32()];

        Maglev.Fill(table, backends);

        Assert.Equal(vector.GetProperty("expected_rle").GetString(), RunLengths(table));
    }

    [Fact]
    public void Jhash_gives_the_numbers_of_Ciliums_own_test()
    {
        foreach (JsonElement vector in Vectors().GetProperty("jhash_3words").EnumerateArray())
        {
            uint hash = JenkinsHash.Hash(
                vector.GetProperty("a").GetUInt32(),
                vector.GetProperty("b").GetUInt32(),
                vector.GetProperty("c").GetUInt32(),
                vector.GetProperty("initval").GetUInt32());

            Assert.Equal(vector.GetProperty("expected").GetUInt32(), hash);
        }
    }

    [Fact]
    public void Backends_of_one_weight_share_the_table_to_within_one_entry()
    {
        MaglevBackend[] backends =
        [
            .. Enumerable.Range(1, 4).Select(number => new MaglevBackend(
                Maglev.TextOf(IpAddress.Parse($"10.244.1.{number}"), 80, IpProtocol.Tcp),
                (uint)number, Maglev.DefaultWeight)),
        ];
        uint[] table = new uint[1021];

        Maglev.Fill(table, backends);

        Assert.Equal([256, 255, 255, 255], backends.Select(backend => table.Count(id => id == backend.Id)));
    }

    [Fact]
    public void Losing_a_backend_moves_few_entries_of_the_others()
    {
        MaglevBackend[] backends =
        [
            .. Enumerable.Range(1, 3).Select(number => new MaglevBackend(
                Maglev.TextOf(IpAddress.Parse($"10.244.1.{number}"), 80, IpProtocol.Tcp),
                (uint)number, Maglev.DefaultWeight)),
        ];
        uint[] before = new uint[1021];
        uint[] after = new uint[1021];

        Maglev.Fill(before, backends);
        Maglev.Fill(after, backends.AsSpan(0, 2));

        int kept = before.Count(id => id != 3);
        int moved = before.Zip(after).Count(pair => pair.First != 3 && pair.First != pair.Second);
        Assert.True(moved < kept / 100.0, $"{moved} of {kept} entries moved");
    }

    [Theory]
    [InlineData("10.244.1.1", IpProtocol.Tcp, "[10.244.1.1:80/TCP,State:active]")]
    [InlineData("fd00::1", IpProtocol.Sctp, "[[fd00::1]:80/SCTP,State:active]")]
    public void A_backend_is_placed_by_its_text(string address, byte protocol, string expected) =>
        Assert.Equal(expected, Maglev.TextOf(IpAddress.Parse(address), 80, protocol));

    private static JsonElement Vectors()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Dataplane.sln"))) continue;

            string path = Path.Combine(folder.FullName, "..", "shared", "suites", "maglev", "maglev.json");
            if (!File.Exists(path)) break;
            return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        }

        Assert.Skip("../shared/suites/maglev is not there");
        return default;
    }

    private static string RunLengths(uint[] table)
    {
        var text = new StringBuilder();
        for (int start = 0, end; start < table.Length; start = end)
        {
            end = start + 1;
            while (end < table.Length && table[end] == table[start]) end++;
            text.Append(CultureInfo.InvariantCulture, $"{(start == 0 ? "" : ",")}{table[start]}({end - start})");
        }

        return text.ToString();
    }
}
