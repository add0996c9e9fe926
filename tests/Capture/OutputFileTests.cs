using Dataplane.Capture;
using Xunit;

namespace Dataplane.Tests.Capture;

/// <summary>A file that cannot be written is told by the option that named it.</summary>
public sealed class OutputFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dataplane-output-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_folder_that_is_missing_is_named()
    {
        string path = Path.Combine(_folder.FullName, "missing", "out");

        Assert.Equal(
            $"--histogram {path}: there is no folder {_folder.FullName}/missing: make it, or name another file",
            ErrorOf("--histogram", path));
    }

    [Fact]
    public void A_folder_in_the_place_of_a_file_is_said() =>
        Assert.Equal($"-w {_folder.FullName}: a folder: name a file in it", ErrorOf("-w", _folder.FullName));

    [Fact]
    public void A_file_system_that_takes_no_files_is_said()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        Assert.Equal("-w /proc/x: no file can be made in /proc: name another one", ErrorOf("-w", "/proc/x"));
    }

    [Fact]
    public void An_empty_name_and_one_with_a_zero_are_no_files()
    {
        Assert.Equal("--drops : no name: give a file", ErrorOf("--drops", ""));
        Assert.Equal("--drops a\0b: not a file's name: name another one", ErrorOf("--drops", "a\0b"));
    }

    [Fact]
    public void What_can_be_written_is_emptied()
    {
        string path = Path.Combine(_folder.FullName, "out");
        File.WriteAllText(path, "old");
        OutputFile.Create("-w", path).Dispose();

        Assert.Empty(File.ReadAllBytes(path));
    }

    private static string ErrorOf(string option, string path) =>
        Assert.Throws<IOException>(() => OutputFile.Create(option, path)).Message;
}
