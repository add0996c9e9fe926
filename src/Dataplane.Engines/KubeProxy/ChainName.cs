using System.Security.Cryptography;
using System.Text;
using Dataplane.Engines.Services;

namespace Dataplane.Engines.KubeProxy;

/// <summary>
/// kube-proxy's chain names: a prefix and 16 letters of base32(SHA-256(name, protocol and endpoint)).
/// </summary>
public static class ChainName
{
    public const string Service = "KUBE-SVC-";
    public const string ServiceLocal = "KUBE-SVL-";
    public const string External = "KUBE-EXT-";
    public const string Firewall = "KUBE-FW-";
    public const string Endpoint = "KUBE-SEP-";

    private const int HashLength = 16;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The letters that a port's chains share.</summary>
    public static string HashOf(ProxiedPort port) => HashOf(port.Name + port.ProtocolName);

    /// <summary>The letters of an endpoint's chain; the same endpoint behind another port has another chain.</summary>
    public static string HashOf(ProxiedPort port, ProxiedEndpoint endpoint) =>
        HashOf(string.Concat(port.Name, port.ProtocolName, endpoint.Text));

    public static string HashOf(string text)
    {
        Span<byte> bytes = stackalloc byte[512];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (Encoding.UTF8.TryGetBytes(text, bytes, out int size)) SHA256.HashData(bytes[..size], digest);
        else SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);

        Span<char> letters = stackalloc char[HashLength];
        uint bits = 0;
        int held = 0, next = 0;
        for (int index = 0; index < HashLength; index++)
        {
            if (held < 5)
            {
                bits = bits << 8 | digest[next++];
                held += 8;
            }

            held -= 5;
            letters[index] = Base32[(int)(bits >> held) & 31];
        }

        return new string(letters);
    }
}
