using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dataplane.Tests.Oracles;

/// <summary>setns(2): opens something in another network namespace; what is opened there stays there.</summary>
internal static partial class NamespaceThread
{
    private const int NewNetwork = 0x4000_0000;

    /// <summary>Runs on a thread of its own, which is not used again.</summary>
    /// <exception cref="Win32Exception">The namespace cannot be entered.</exception>
    public static T Run<T>(string space, Func<T> open)
    {
        T opened = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{space}");
                if (SetNamespace((int)handle.DangerousGetHandle(), NewNetwork) != 0)
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                opened = open();
            }
            catch (Exception error) when (error is Win32Exception or IOException)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? opened : throw new Win32Exception($"{space}: {failure.Message}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}
