using System.Collections.Immutable;
using System.Globalization;
using Dataplane.Wire;

namespace Dataplane.Cluster.Settings;

/// <summary>Reads a value of one kind; false where it is not one.</summary>
internal delegate bool TryRead<T>(string text, out T value);

/// <summary>The kinds of values that settings have.</summary>
internal static class SettingValues
{
    private const int ShownLength = 60;

    public static TryRead<int> Number(int min, int max) => (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    public static TryRead<T> OneOf<T>(params (string Word, T Value)[] words) => (string text, out T value) =>
    {
        (string? word, value) = words.FirstOrDefault(candidate => candidate.Word == text);
        return word is not null;
    };

    public static TryRead<T> Either<T>(TryRead<T> first, TryRead<T> second) => (string text, out T value) =>
        first(text, out value) || second(text, out value);

    public static readonly TryRead<bool> Switch = OneOf(("on", true), ("off", false), ("true", true), ("false", false));

    public static bool TryUInt64(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    public static bool TryConnectionLimit(string text, out long? value)
    {
        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        value = number;
        return isNumber && number > 0;
    }

    /// <summary>A DS field: decimal, or hexadecimal with 0x.</summary>
    public static bool TryDsField(string text, out int value)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return isHex
            ? int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                && value is >= 0 and <= 255
            : Number(0, 255)(text, out value);
    }

    /// <summary>The address of one device: neither a group's nor all zeros.</summary>
    public static bool TryDeviceMac(string? text, out MacAddress mac) =>
        MacAddress.TryParse(text, out mac) && !mac.IsGroup && !mac.IsNone;

    public static bool TryPorts(string text, out PortRange ports)
    {
        ports = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        TryRead<int> port = Number(1, 65535);
        if (!port(dash < 0 ? text : text[..dash], out int first)) return false;
        int last = first;
        if (dash >= 0 && !port(text[(dash + 1)..], out last)) return false;

        ports = new PortRange((ushort)first, (ushort)last);
        return first <= last;
    }

    /// <summary>One prefix, or one for each family.</summary>
    public static bool TryNetworks(string text, out ImmutableArray<IpPrefix> networks)
    {
        networks = [];
        foreach (string part in text.Split(','))
        {
            if (!IpPrefix.TryParse(part, out IpPrefix prefix)) return false;
            if (networks.Any(known => known.Address.Family == prefix.Address.Family)) return false;
            networks = networks.Add(prefix);
        }

        return true;
    }

    /// <summary>Any number of prefixes.</summary>
    public static bool TryPrefixes(string text, out ImmutableArray<IpPrefix> prefixes)
    {
        prefixes = [];
        foreach (string part in text.Split(','))
        {
            if (!IpPrefix.TryParse(part, out IpPrefix prefix)) return false;
            prefixes = prefixes.Add(prefix);
        }

        return true;
    }

    /// <summary>A mode of kube-proxy's, with the interface behind a colon where it goes by one.</summary>
    public static bool TryLocalMode(string text, out LocalMode mode)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        mode = colon < 0 ? new LocalMode(text, "") : new LocalMode(text[..colon], text[(colon + 1)..]);
        return mode.Mode is "BridgeInterface" or "InterfaceNamePrefix"
            ? IsDevice(mode.Interface)
            : colon < 0 && text is "ClusterCIDR" or "NodeCIDR" or "none";
    }

    /// <summary>A network device's name or its beginning (dev_valid_name in the kernel's net/core/dev.c).</summary>
    private static bool IsDevice(string text) =>
        text.Length is > 0 and < 15
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');

    /// <summary>A value as an error of one line shows it.</summary>
    public static string Show(string value)
    {
        string clipped = value.Length <= ShownLength ? value : value[..ShownLength] + "...";
        return string.Concat(clipped.Select(letter => char.IsControl(letter) ? '?' : letter));
    }
}
