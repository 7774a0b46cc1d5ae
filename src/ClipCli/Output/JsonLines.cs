using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using ClipGrpc.Models.Hub;
using ClipGrpc.V1;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// One JSON object per line. <c>error</c> is null or the message; an item that failed has an empty array.
/// </summary>
internal static class JsonLines
{
    public static void Write(
        TextWriter output, CliInput input, Model model, ClipResult<ClipClassification> result, bool timings = false)
    {
        var (name, revision) = MadeBy(result.IsSuccess ? result.Value.Model : null, model);
        var predictions = result.IsSuccess
            ? result.Value.Predictions.Select(
                prediction => new PredictionEntry(prediction.Label, prediction.Probability, prediction.Cosine))
            : [];
        var line = new ClassificationLine(input.Name, name, revision, predictions, result.Error?.Message)
        {
            Timings = timings && result.IsSuccess ? EntryOf(result.Value.Timings) : null,
        };
        JsonOutput.WriteLine(output, line, JsonOutput.Default.ClassificationLine);
    }

    public static void Write(
        TextWriter output, CliInput input, Model model, ClipResult<ClipEmbedding> result, bool timings = false)
    {
        var embedding = result.IsSuccess ? result.Value : null;
        var (name, revision) = MadeBy(embedding?.Model, model);
        var line = new EmbeddingLine(
            input.Name,
            name,
            revision,
            embedding?.Vector ?? default,
            embedding?.Truncated,
            input.IsText ? embedding?.TokenCount : null,
            result.Error?.Message)
        {
            Timings = timings && embedding is not null ? EntryOf(embedding.Timings) : null,
        };
        JsonOutput.WriteLine(output, line, JsonOutput.Default.EmbeddingLine);
    }

    public static void Write(
        TextWriter output, CliInput query, IReadOnlyList<CliInput> candidates, ClipRanking ranking)
    {
        var ranked = ranking.Ranked.Select(
            candidate => new RankedEntry(candidates[candidate.Index].Name, candidate.Probability, candidate.Cosine));
        var errors = ranking.Errors.OrderBy(error => error.Key)
            .Select(error => new CandidateErrorEntry(candidates[error.Key].Name, error.Value.Message));
        var line = new RankingLine(query.Name, ranking.Model.Name, ranking.Model.Revision, ranked, errors);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.RankingLine);
    }

    public static void Write(TextWriter output, Model model)
    {
        var architecture = model.Architecture ?? new Architecture();
        var line = new ServedModelLine(
            model.Name,
            model.Source,
            model.Revision,
            model.State.ToString().ToUpperInvariant(),
            model.IsDefault,
            model.Precision,
            model.Provider,
            model.Device,
            architecture.EmbeddingDimensions,
            architecture.ImageSize,
            architecture.ContextLength,
            architecture.Activation,
            architecture.Parameters,
            model.Card?.License ?? "",
            model.Card is { HasImagenetTop1: true } card ? card.ImagenetTop1 : null);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.ServedModelLine);
    }

    public static void Write(TextWriter output, CachedModel model)
    {
        var line = new CachedModelLine(
            model.Id, model.Commit, model.Revisions, model.Size, model.Weights, model.Folder);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.CachedModelLine);
    }

    private static TimingsEntry EntryOf(ClipTimings timings) => new(
        timings.Queue.TotalMilliseconds,
        timings.Preprocess.TotalMilliseconds,
        timings.Inference.TotalMilliseconds,
        timings.Total.TotalMilliseconds,
        timings.BatchSize);

    private static (string Name, string Revision) MadeBy(ClipModelRef? made, Model model) => (
        made is { Name.Length: > 0 } ? made.Name : model.Name,
        made is { Revision.Length: > 0 } ? made.Revision : model.Revision);
}
