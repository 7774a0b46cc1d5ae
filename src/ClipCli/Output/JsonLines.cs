using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Output;

/// <summary>
/// One JSON object per line. <c>error</c> is null or the message; an item that failed has an empty array.
/// </summary>
internal static class JsonLines
{
    public static void Write(
        TextWriter output, CliInput input, ClipModel model, ClipResult<ClipClassification> result)
    {
        var (name, revision) = MadeBy(result.IsSuccess ? result.Value.Model : null, model);
        var predictions = result.IsSuccess
            ? result.Value.Predictions.Select(
                prediction => new PredictionEntry(prediction.Label, prediction.Probability, prediction.Cosine))
            : [];
        var line = new ClassificationLine(input.Name, name, revision, predictions, result.Error?.Message);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.ClassificationLine);
    }

    public static void Write(TextWriter output, CliInput input, ClipModel model, ClipResult<ClipEmbedding> result)
    {
        var (name, revision) = MadeBy(result.IsSuccess ? result.Value.Model : null, model);
        var embedding = result.IsSuccess ? result.Value.Vector : default;
        var line = new EmbeddingLine(input.Name, name, revision, embedding, result.Error?.Message);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.EmbeddingLine);
    }

    public static void Write(TextWriter output, ClipModel model)
    {
        var architecture = model.Architecture ?? new ClipModelArchitecture();
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
            model.Card?.ImagenetTop1);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.ServedModelLine);
    }

    public static void Write(TextWriter output, CachedModel model)
    {
        var line = new CachedModelLine(
            model.Id, model.Commit, model.Revisions, model.Size, model.Weights, model.Folder);
        JsonOutput.WriteLine(output, line, JsonOutput.Default.CachedModelLine);
    }

    private static (string Name, string Revision) MadeBy(ClipModelRef? made, ClipModel model) => (
        made is { Name.Length: > 0 } ? made.Name : model.Name,
        made is { Revision.Length: > 0 } ? made.Revision : model.Revision);
}
