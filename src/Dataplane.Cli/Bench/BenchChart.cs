using System.Collections.Immutable;
using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Dataplane.Cli.Bench;

/// <summary>One line of a chart, or one colour of bars.</summary>
/// <param name="Title">In the legend.</param>
/// <param name="Points">Bars have their category's number as X.</param>
/// <param name="Look">Lines of one look are one thing, told apart by their dashes.</param>
/// <param name="IsDashed">Of two lines of one look, the second.</param>
internal sealed record ChartSeries(string Title, ImmutableArray<ChartPoint> Points, int Look, bool IsDashed = false);

/// <param name="X">Where it stands.</param>
/// <param name="Y">How high.</param>
/// <param name="Error">Half of what it may be off by.</param>
internal readonly record struct ChartPoint(double X, double Y, double Error = 0);

/// <summary>Charts as SVG documents.</summary>
internal static class BenchChart
{
    public const int Width = 960;
    public const int Height = 600;

    private const double Margin = 1.3;
    private const double TitleDistance = 16;

    // Okabe and Ito: told apart by colour-blind eyes too; markers and dashes tell the rest.
    private static readonly (OxyColor Color, MarkerType Marker)[] Looks =
    [
        (OxyColor.FromRgb(0, 114, 178), MarkerType.Circle), (OxyColor.FromRgb(213, 94, 0), MarkerType.Square),
        (OxyColor.FromRgb(0, 158, 115), MarkerType.Triangle), (OxyColor.FromRgb(204, 121, 167), MarkerType.Diamond),
        (OxyColor.FromRgb(230, 159, 0), MarkerType.Star), (OxyColor.FromRgb(86, 180, 233), MarkerType.Plus),
    ];

    /// <summary>Lines; both axes logarithmic, or the one below linear.</summary>
    public static string Lines(
        (string Title, string Subtitle) head, (string Title, bool IsLogarithmic) below, string left,
        IReadOnlyList<ChartSeries> series)
    {
        PlotModel model = NewModel(head);
        double[] x = [.. series.SelectMany(line => line.Points).Select(point => point.X)];
        double[] y = [.. series.SelectMany(line => line.Points).Select(point => point.Y)];
        model.Axes.Add(below.IsLogarithmic
            ? Set(new LogarithmicAxis(), AxisPosition.Bottom, below.Title, x.Min() / Margin, x.Max() * Margin)
            : Set(new LinearAxis(), AxisPosition.Bottom, below.Title, 0, x.Max() * 1.02));
        model.Axes.Add(Set(new LogarithmicAxis(), AxisPosition.Left, left, y.Min() / 2, y.Max() * 2));
        foreach (ChartSeries line in series) model.Series.Add(Line(line));
        return Export(model);
    }

    /// <summary>Bars from zero, a group for each category, with what they may be off by.</summary>
    public static string Bars((string Title, string Subtitle) head, string value, ImmutableArray<string> categories,
        IReadOnlyList<ChartSeries> series)
    {
        PlotModel model = NewModel(head);
        var names =
            new CategoryAxis { Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0, GapWidth = 0.4 };
        names.Labels.AddRange(categories);
        model.Axes.Add(names);
        double most = series.SelectMany(bars => bars.Points).Max(point => point.Y + point.Error);
        model.Axes.Add(Set(new LinearAxis(), AxisPosition.Bottom, value, 0, most * 1.25));
        foreach (ChartSeries bars in series)
        {
            var bar = new ErrorBarSeries
            {
                Title = bars.Title,
                FillColor = LookOf(bars.Look).Color,
                ErrorStrokeThickness = 1.5,
            };
            foreach (ChartPoint point in bars.Points)
                bar.Items.Add(new ErrorBarItem(point.Y, point.Error, (int)point.X));
            model.Series.Add(bar);
        }

        return Export(model);
    }

    private static PlotModel NewModel((string Title, string Subtitle) head)
    {
        var model = new PlotModel
        {
            Title = head.Title,
            Subtitle = head.Subtitle,
            Culture = CultureInfo.InvariantCulture,
            Background = OxyColors.White,
            DefaultFont = "Arial",
            Padding = new OxyThickness(28, 12, 20, 10),
        };
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomLeft,
            LegendLineSpacing = 4,
        });
        return model;
    }

    private static string Export(PlotModel model) =>
        new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true }.ExportToString(
            model);

    private static (OxyColor Color, MarkerType Marker) LookOf(int look) => Looks[look % Looks.Length];

    private static Axis Set(Axis axis, AxisPosition position, string title, double from, double to)
    {
        axis.Position = position;
        axis.Title = title;
        axis.AxisTitleDistance = TitleDistance;
        axis.Minimum = from;
        axis.Maximum = to;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = OxyColors.LightGray;
        axis.LabelFormatter = value => value.ToString("#,0.###", CultureInfo.InvariantCulture);
        return axis;
    }

    private static LineSeries Line(ChartSeries series)
    {
        (OxyColor color, MarkerType marker) = LookOf(series.Look);
        var line = new LineSeries
        {
            Title = series.Title,
            LineStyle = series.IsDashed ? LineStyle.Dash : LineStyle.Solid,
            Color = color,
            MarkerType = marker,
            MarkerFill = color,
            MarkerStroke = color,
        };
        foreach (ChartPoint point in series.Points) line.Points.Add(new DataPoint(point.X, point.Y));
        return line;
    }
}
