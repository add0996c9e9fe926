using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Dataplane.Engines.Policies.Chains;

/// <summary>Names of Felix's chains and sets (<c>felix/rules/rule_defs.go</c>, <c>libcalico-go/lib/hash</c>).</summary>
public static class FelixNames
{
    public const string ToWorkload = "cali-tw-";
    public const string FromWorkload = "cali-fw-";
    public const string PolicyIn = "cali-pi-";
    public const string PolicyOut = "cali-po-";
    public const string ProfileIn = "cali-pri-";
    public const string ProfileOut = "cali-pro-";

    /// <summary>iptables' limit for a chain's name.</summary>
    public const int MaxChainName = 28;

    private const int MaxSetName = 31;
    private const char Shortened = '_';
    private const int VethHexLength = 11;

    /// <summary>Prefix and suffix, or the prefix and as much of the suffix's hash as there is room for.</summary>
    public static string Limited(string prefix, string suffix, int limit)
    {
        if (suffix.Length == 0) suffix = Shortened.ToString();
        int length = prefix.Length + suffix.Length;
        bool fits = length < limit || (length == limit && suffix[0] != Shortened);
        return fits ? prefix + suffix : prefix + Shortened + HashOf(suffix)[..(limit - prefix.Length - 1)];
    }

    /// <summary>The host's end of a pod's veth: <c>cali</c> and eleven digits of SHA-1 of namespace and name.</summary>
    public static string VethOf(string podNamespace, string pod)
    {
        // Calico's name for the device, no matter of secrecy.
#pragma warning disable CA5350
        byte[] hash = SHA1.HashData(Encoding.UTF8.GetBytes(podNamespace + "." + pod));
#pragma warning restore CA5350
        return "cali" + Convert.ToHexStringLower(hash)[..VethHexLength];
    }

    public static string OfPolicy(CompiledPolicy policy, bool isIngress) =>
        Limited(isIngress ? PolicyIn : PolicyOut, IdOf(policy), MaxChainName);

    public static string OfProfile(string podNamespace, bool isIngress) =>
        Limited(isIngress ? ProfileIn : ProfileOut, "kns." + podNamespace, MaxChainName);

    /// <summary>
    /// <c>cali40s:</c> or <c>cali60n:</c> and a hash. Calico hashes the selector's text, which the model has resolved
    /// already: the letters behind the colon are another's.
    /// </summary>
    public static string OfSet(int family, char kind, string content)
    {
        string name = (family == 4 ? "cali40" : "cali60") + kind + ":" + HashOf(kind + ":" + content);
        return name[..Math.Min(MaxSetName, name.Length)];
    }

    /// <summary>Tiers as Calico names them.</summary>
    public static string OfTier(PolicyTier tier) => tier switch
    {
        PolicyTier.Admin => "kube-admin",
        PolicyTier.Baseline => "kube-baseline",
        _ => "default",
    };

    // AdminNetworkPolicies become global policies with a prefix to their name.
    private static string IdOf(CompiledPolicy policy) => policy.Tier switch
    {
        PolicyTier.Admin => "gnp/kanp.adminnetworkpolicy." + policy.Name,
        PolicyTier.Baseline => "gnp/kbanp.baselineadminnetworkpolicy." + policy.Name,
        _ => $"knp/{policy.Namespace}/{policy.Name}",
    };

    private static string HashOf(string text) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
