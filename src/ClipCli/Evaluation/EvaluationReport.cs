using System.Text.Encodings.Web;
using System.Text.Json;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>An evaluation as a JSON object. Accuracies are shares, 0 to 1; null where there are no images.</summary>
internal static class EvaluationReport
{
    private const int ConfusedPairs = 100;

    public static void Write(Stream output, EvaluationResult result, bool indented)
    {
        // The output is no part of a web page: names keep their letters.
        var options = new JsonWriterOptions
        {
            Indented = indented,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using var json = new Utf8JsonWriter(output, options);
        json.WriteStartObject();
        WriteSetting(json, result);
        WriteScores(json, result.Scores);
        WriteClasses(json, result);
        WriteConfused(json, result);
        WriteNames(json, "classes_without_images", result.Folder.EmptyClasses);
        WriteNames(json, "folders_left_out", result.Folder.UnknownFolders);
        WriteErrors(json, result);
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteString("model", result.Model.Name);
        json.WriteString("source", result.Model.Source);
        json.WriteString("revision", result.Model.Revision);
        json.WriteString("precision", result.Model.Precision);
        json.WriteString("provider", result.Model.Provider);
        json.WriteString("images", result.Images);
        json.WriteString("templates", result.Templates.Name);
        json.WriteNumber("template_count", result.Templates.Templates.Count);
        json.WriteNumber("classes", result.Classes.Count);
        json.WriteNumber("images", result.Folder.Images.Count);
        json.WriteNumber("evaluated", result.Scores.Images);
        json.WriteNumber("failed", result.Errors.Count);
        json.WriteNumber("reused", result.Reused);
    }

    private static void WriteScores(Utf8JsonWriter json, Scoreboard scores)
    {
        WriteShare(json, "top1", scores.Top1);
        WriteShare(json, "top5", scores.Top5);
        WriteShare(json, "mean_per_class_top1", scores.MeanTop1);
        WriteShare(json, "mean_per_class_top5", scores.MeanTop5);
    }

    private static void WriteClasses(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartArray("per_class");
        for (var i = 0; i < result.Classes.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("folder", result.Classes[i].Folder);
            WriteNames(json, "labels", result.Classes[i].Labels);
            json.WriteNumber("images", result.Scores.ImagesOf(i));
            WriteShare(json, "top1", result.Scores.Top1Of(i));
            WriteShare(json, "top5", result.Scores.Top5Of(i));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteConfused(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartArray("most_confused");
        foreach (var confusion in result.Scores.MostConfused(ConfusedPairs))
        {
            json.WriteStartObject();
            json.WriteString("class", result.Classes[confusion.Actual].Folder);
            json.WriteString("taken_for", result.Classes[confusion.Predicted].Folder);
            json.WriteNumber("images", confusion.Images);
            json.WriteNumber("share", confusion.Share);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteErrors(Utf8JsonWriter json, EvaluationResult result)
    {
        json.WriteStartArray("errors");
        foreach (var (name, message) in result.Errors)
        {
            json.WriteStartObject();
            json.WriteString("image", name);
            json.WriteString("error", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteShare(Utf8JsonWriter json, string property, double? share)
    {
        if (share is { } value)
            json.WriteNumber(property, value);
        else
            json.WriteNull(property);
    }
}
