using System.Globalization;
using Dataplane.Replay.Bench;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Dataplane.Cli;

/// <summary>Nanoseconds a packet over the number of Services, both logarithmic: linear growth is a straight line.</summary>
public static class ScalingChart
{
    private const int Width = 960;
    private const int Height = 600;
    private const double Margin = 1.3;

    // Okabe and Ito: told apart by colour-blind eyes too; markers and dashes tell the rest.
    private static readonly (OxyColor Color, MarkerType Marker)[] Looks =
    [
        (OxyColor.FromRgb(0, 114, 178), MarkerType.Circle), (OxyColor.FromRgb(213, 94, 0), MarkerType.Square),
        (OxyColor.FromRgb(0, 158, 115), MarkerType.Triangle), (OxyColor.FromRgb(204, 121, 167), MarkerType.Diamond),
    ];

    /// <summary>The chart as an SVG document.</summary>
    public static string Draw(ScalingReport report)
    {
        var model = new PlotModel
        {
            Title = "The cost of a packet as the number of Services grows",
            Subtitle = report.Machine.Processor,
            Culture = CultureInfo.InvariantCulture,
            Background = OxyColors.White,
        };
        int[] services = [.. report.Runs.Select(run => run.Services)];
        double[] costs = [.. report.Runs.SelectMany(run => (double[])[run.FirstPacketNanoseconds, run.EstablishedNanoseconds])];
        model.Axes.Add(Axis(AxisPosition.Bottom, "Services", services.Min() / Margin, services.Max() * Margin));
        model.Axes.Add(Axis(AxisPosition.Left, "nanoseconds a packet, whole pipeline", costs.Min() / 2, costs.Max() * 2));
        model.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.TopLeft,
            LegendBackground = OxyColors.White,
            LegendBorder = OxyColors.LightGray,
        });

        int look = 0;
        foreach (IGrouping<string, ScalingRun> engine in report.Runs.GroupBy(run => run.Engine))
        {
            model.Series.Add(Line(engine, "first packet", LineStyle.Solid, look, run => run.FirstPacketNanoseconds));
            model.Series.Add(Line(engine, "established", LineStyle.Dash, look, run => run.EstablishedNanoseconds));
            look = (look + 1) % Looks.Length;
        }

        return new SvgExporter { Width = Width, Height = Height }.ExportToString(model);
    }

    /// <summary>The same in a page that opens in a browser.</summary>
    public static string Page(string svg) =>
        $"<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>dataplane bench scaling</title></head>\n<body>\n{Bare(svg)}\n</body>\n</html>\n";

    /// <summary>Without what may stand in front of an SVG document, but not inside a page.</summary>
    private static string Bare(string svg) => svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];

    private static LogarithmicAxis Axis(AxisPosition position, string title, double from, double to) => new()
    {
        Position = position,
        Title = title,
        Minimum = from,
        Maximum = to,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColors.LightGray,
        LabelFormatter = value => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static LineSeries Line(
        IGrouping<string, ScalingRun> engine, string what, LineStyle style, int look, Func<ScalingRun, double> cost)
    {
        var line = new LineSeries
        {
            Title = $"{engine.Key}, {what}",
            LineStyle = style,
            Color = Looks[look].Color,
            MarkerType = Looks[look].Marker,
            MarkerFill = Looks[look].Color,
        };
        foreach (ScalingRun run in engine.OrderBy(run => run.Services)) line.Points.Add(new DataPoint(run.Services, cost(run)));
        return line;
    }
}
