using System.Globalization;
using Dataplane.Fuzz;
using SharpFuzz;

// list | seeds TARGET FOLDER | afl TARGET | show TARGET FILE... | mutate TARGET SECONDS FOLDER
try
{
    SeedFiles.WithShared = true;
    switch (args)
    {
        case ["list"]:
            foreach (FuzzTarget target in FuzzTargets.All) Console.WriteLine(target.Name);
            return 0;
        case ["seeds", var name, var folder]:
            return WriteSeeds(FuzzTargets.Find(name), folder);
        case ["afl", var name]:
            FuzzTarget fuzzed = FuzzTargets.Find(name);
            Fuzzer.Run(input => fuzzed.Run(ReadAll(input)));
            return 0;
        case ["show", var name, .. var files]:
            foreach (string file in files) FuzzTargets.Find(name).Run(File.ReadAllBytes(file));
            return 0;
        case ["mutate", var name, var seconds, var folder]:
            var runner = new MutationRunner(FuzzTargets.Find(name), folder);
            return runner.Run(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))) ? 0 : 1;
        default:
            Console.Error.WriteLine(
                "list | seeds TARGET FOLDER | afl TARGET | show TARGET FILE... | mutate TARGET SECONDS FOLDER");
            return 2;
    }
}
catch (Exception error) when (error is InvalidDataException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

static byte[] ReadAll(Stream stream)
{
    using var bytes = new MemoryStream();
    stream.CopyTo(bytes);
    return bytes.ToArray();
}

static int WriteSeeds(FuzzTarget target, string folder)
{
    Directory.CreateDirectory(folder);
    int number = 0;
    foreach (byte[] seed in target.Seeds()) File.WriteAllBytes(Path.Combine(folder, $"seed-{number++:0000}"), seed);
    return 0;
}
