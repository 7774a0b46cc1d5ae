using System.Globalization;
using Spectre.Console;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>A human-readable evaluation.</summary>
internal static class EvaluationTable
{
    // All classes where they fit a screen, or else those that went worst.
    private const int MostClasses = 40;
    private const int WorstClasses = 15;
    private const int ConfusedPairs = 10;

    public static void Write(IAnsiConsole console, EvaluationResult result)
    {
        WriteSummary(console, result);
        WriteClasses(console, result);
        WriteConfused(console, result);
    }

    private static void WriteSummary(IAnsiConsole console, EvaluationResult result)
    {
        var (model, scores) = (result.Model, result.Scores);
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false }.AddColumns("", "");
        AddRow(table, "model", $"{model.Name} ({model.Source}, {model.Precision}, {model.Provider})");
        AddRow(table, "revision", model.Revision);
        AddRow(table, "templates", $"{result.Templates.Templates.Count} ({result.Templates.Name})");
        var empty = result.Folder.EmptyClasses.Count;
        AddRow(table, "classes", $"{result.Classes.Count}, of which {empty} without images");
        AddRow(table, "images", $"{result.Folder.Images.Count}, of which {result.Errors.Count} failed");
        AddRow(table, "top-1", Percent(scores.Top1));
        AddRow(table, "top-5", Percent(scores.Top5));
        AddRow(table, "mean of classes, top-1", Percent(scores.MeanTop1));
        AddRow(table, "mean of classes, top-5", Percent(scores.MeanTop5));
        console.Write(table);
    }

    private static void WriteClasses(IAnsiConsole console, EvaluationResult result)
    {
        var scores = result.Scores;
        var classes = Enumerable.Range(0, scores.Classes).Where(item => scores.ImagesOf(item) > 0).ToList();
        var title = "class";
        if (classes.Count > MostClasses)
        {
            classes = [.. classes.OrderBy(scores.Top1Of).ThenBy(item => item).Take(WorstClasses)];
            title = "weakest classes";
        }

        var table = new Table { Border = TableBorder.Simple }.AddColumns(title, "images", "top-1", "top-5");
        foreach (var item in classes)
        {
            AddRow(
                table, Name(result.Classes[item]), Number(scores.ImagesOf(item)),
                Percent(scores.Top1Of(item)), Percent(scores.Top5Of(item)));
        }

        console.Write(table);
    }

    private static void WriteConfused(IAnsiConsole console, EvaluationResult result)
    {
        var confused = result.Scores.MostConfused(ConfusedPairs);
        if (confused.Count == 0)
            return;

        var table = new Table { Border = TableBorder.Simple }
            .AddColumns("most confused", "predicted as", "images", "of the class");
        foreach (var pair in confused)
        {
            AddRow(
                table, Name(result.Classes[pair.Actual]), Name(result.Classes[pair.Predicted]),
                Number(pair.Images), Percent(pair.Share));
        }

        console.Write(table);
    }

    private static string Name(EvaluationClass item) =>
        item.Name == item.Folder ? item.Name : $"{item.Name} ({item.Folder})";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double? share) =>
        share is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.0} %") : "none";

    private static void AddRow(Table table, params IEnumerable<string> cells) =>
        table.AddRow(cells.Select(cell => new Text(cell)));
}
