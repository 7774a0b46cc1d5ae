namespace ClipGrpc.Cli.Evaluation;

/// <summary>An evaluation as a JSON object. Accuracies are shares, 0 to 1; null where there are no images.</summary>
internal sealed record EvaluationReport(
    string Model,
    string Source,
    string Revision,
    string Precision,
    string Provider,
    string ImageFolder,
    string Templates,
    int TemplateCount,
    int Classes,
    int Images,
    int Evaluated,
    int Failed,
    int Reused,
    double? Top1,
    double? Top5,
    double? MeanPerClassTop1,
    double? MeanPerClassTop5,
    IEnumerable<EvaluationReport.ClassEntry> PerClass,
    IEnumerable<EvaluationReport.ConfusionEntry> MostConfused,
    IEnumerable<string> ClassesWithoutImages,
    IEnumerable<string> FoldersLeftOut,
    IEnumerable<EvaluationReport.ErrorEntry> Errors)
{
    private const int ConfusedPairs = 100;

    public static EvaluationReport Of(EvaluationResult result)
    {
        var scores = result.Scores;
        return new EvaluationReport(
            result.Model.Name,
            result.Model.Source,
            result.Model.Revision,
            result.Model.Precision,
            result.Model.Provider,
            result.Images,
            result.Templates.Name,
            result.Templates.Templates.Count,
            result.Classes.Count,
            result.Folder.Images.Count,
            scores.Images,
            result.Errors.Count,
            result.Reused,
            scores.Top1,
            scores.Top5,
            scores.MeanTop1,
            scores.MeanTop5,
            result.Classes.Select((item, i) => new ClassEntry(
                item.Folder, item.Labels, scores.ImagesOf(i), scores.Top1Of(i), scores.Top5Of(i))),
            scores.MostConfused(ConfusedPairs).Select(confusion => new ConfusionEntry(
                result.Classes[confusion.Actual].Folder,
                result.Classes[confusion.Predicted].Folder,
                confusion.Images,
                confusion.Share)),
            result.Folder.EmptyClasses,
            result.Folder.UnknownFolders,
            result.Errors.Select(error => new ErrorEntry(error.Name, error.Message)));
    }

    internal sealed record ClassEntry(
        string Folder, IReadOnlyList<string> Labels, int Images, double? Top1, double? Top5);

    internal sealed record ConfusionEntry(string Class, string TakenFor, int Images, double Share);

    internal sealed record ErrorEntry(string Image, string Error);
}
