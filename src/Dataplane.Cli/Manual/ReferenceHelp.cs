namespace Dataplane.Cli.Manual;

/// <summary>The pages of --help of the verbs that print the reference and the completions.</summary>
public static class ReferenceHelp
{
    public const string Manual = """
        dataplane manual

        Prints the reference as a page for man: every verb, option, setting with its default, exit code,
        reason and limit, made from the program that prints it.

          dataplane manual | man -l -
          dataplane manual | gzip -9n > dataplane.1.gz

        """;

    public const string Completion = """
        dataplane completion bash|zsh|fish

        Prints a script that completes verbs, options, their values and the keys of --set. The script knows
        the words itself: nothing is started while you type.

          source <(dataplane completion bash)
          dataplane completion bash > /usr/share/bash-completion/completions/dataplane
          dataplane completion zsh > "${fpath[1]}/_dataplane"
          dataplane completion fish > ~/.config/fish/completions/dataplane.fish

        """;
}
