using Spectre.Console;

namespace Dataplane.Cli;

/// <summary>
/// The bar on a terminal. A type of its own, so that Spectre.Console is loaded only when a bar is drawn.
/// </summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    public static void Show(ManualResetEventSlim ended, Func<(long Done, long All)> share, Func<string> rate)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn())
            .Start(context =>
            {
                (_, long all) = share();
                ProgressTask task = context.AddTask("replay", maxValue: all > 0 ? all : 1);
                task.IsIndeterminate = all <= 0;
                while (!ended.Wait(Refresh))
                {
                    if (all > 0) task.Value = share().Done;
                    task.Description = Markup.Escape(rate());
                }
            });
    }
}
