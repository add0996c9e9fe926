namespace Dataplane.Tests.Packets;

/// <summary>
/// The folder of reference material beside the repository; tests that need it say so when it is absent.
/// </summary>
internal static class SharedFolder
{
    internal static bool TryFind(string relativePath, out string path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            path = Path.Combine(folder.FullName, "shared", relativePath);
            if (Path.Exists(path)) return true;
        }

        path = "";
        return false;
    }
}
