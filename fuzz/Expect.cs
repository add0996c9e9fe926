namespace Dataplane.Fuzz;

/// <summary>What must hold whatever the bytes are.</summary>
internal static class Expect
{
    private const int LongestMessage = 2000;

    public static void That(bool holds, string what)
    {
        if (!holds) throw new BrokenInvariantException(what);
    }

    /// <summary>Users see this: one line that names the input, short enough to read.</summary>
    public static void OneLine(string message, string name)
    {
        That(message.StartsWith(name, StringComparison.Ordinal), $"does not name its input: {message}");
        That(message.Length <= LongestMessage, $"too long a message: {message.Length} letters");
        That(!message.Any(char.IsControl),
            $"not one line of text: {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(message))}");
    }
}
