using ClipGrpc.Cli.Output;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>The files of <c>--out DIR</c>; the names of those that belong to a model begin with its revision.</summary>
internal sealed record EvaluationFiles(string Embeddings, string Report, string Image)
{
    private const int RevisionCharacters = 12;

    /// <exception cref="CliException">The folder cannot be made.</exception>
    public static EvaluationFiles Create(string folder, ClipModel model)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.WrongUse($"--out: {folder} cannot be created: {exception.Message}", exception);
        }

        var revision = model.Revision[..Math.Min(model.Revision.Length, RevisionCharacters)];
        var name = string.Concat($"{revision}-{model.Precision}".Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return new EvaluationFiles(
            Path.Combine(folder, $"{name}.embeddings"),
            Path.Combine(folder, $"{name}.report.json"),
            Path.Combine(folder, $"{name}.confusion.svg"));
    }

    /// <summary>Writes the report and the confusion image, and prints the result.</summary>
    public void Write(CliConsole console, bool json, EvaluationResult result)
    {
        var report = EvaluationReport.Of(result);
        using (var file = File.Create(Report))
            JsonOutput.Write(file, report, EvaluationJson.Default.EvaluationReport, indented: true);
        using (var image = File.Create(Image))
            ConfusionImage.Write(image, result);

        if (json)
        {
            JsonOutput.WriteLine(console.Out, report, EvaluationJson.Default.EvaluationReport);
            return;
        }

        EvaluationTable.Write(console.OpenOut(), result);
        console.Out.WriteLine($"Report: {Report}");
        console.Out.WriteLine($"Confusion: {Image}");
    }
}
