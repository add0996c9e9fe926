namespace Dataplane.Cli;

/// <summary>Emphasis for terminals. Without colour the same words stand in the same places.</summary>
public sealed class Style(bool colour)
{
    public static readonly Style Plain = new(colour: false);

    private readonly bool _colour = colour;

    /// <summary>auto: colour on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb.</summary>
    public static Style Choose(string? asked, bool toError = false) => new(asked switch
    {
        "always" => true,
        "never" => false,
        _ => !(toError ? Console.IsErrorRedirected : Console.IsOutputRedirected)
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
    });

    public string Bold(string text) => Paint(text, "1");

    public string Good(string text) => Paint(text, "32");

    public string Bad(string text) => Paint(text, "31");

    public string Faint(string text) => Paint(text, "2");

    private string Paint(string text, string code) => _colour ? $"\e[{code}m{text}\e[0m" : text;
}
