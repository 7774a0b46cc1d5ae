using System.Globalization;
using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Hub;
using ClipGrpc.Models.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipGrpc.Server.Benchmarks;

/// <summary>Measures all candidates one after the other, each in a process of its own.</summary>
/// <param name="progress">Gets a line per candidate.</param>
internal sealed class BenchmarkRun(
    ModelLocator locator, IModelOpener opener, InferenceOptions inference, ILogger logger, TimeProvider time,
    TextWriter progress)
{
    // One image, three served rates, and three raw ones of three batch sizes.
    private const int Measurements = 13;

    private readonly CandidateProcess _process = new(time);

    /// <param name="model">As of <c>--model</c>.</param>
    /// <param name="duration">Of each measurement.</param>
    /// <exception cref="ClipException">There is no such model.</exception>
    public async Task<BenchmarkReport> RunAsync(string model, TimeSpan duration, CancellationToken cancellationToken)
    {
        await PrepareAsync(model, Candidate.Default.Precision, cancellationToken);
        var candidates = Candidates.Find(inference);
        var count = candidates.Available.Count;
        await progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"Measuring {count} candidates for at least {(Measurements * duration).TotalSeconds:0} s each; Ctrl+C "
            + $"ends it."));

        var rows = new List<(Candidate Candidate, BenchmarkRow Row)>();
        float[][]? reference = null;
        foreach (var candidate in candidates.Available)
        {
            var number = $"[{rows.Count + 1}/{count}]";
            var (row, embeddings) = await MeasureAsync(
                candidate, number, model, duration, reference, cancellationToken);
            if (candidate == Candidate.Default)
                reference = embeddings;
            rows.Add((candidate, row));
        }

        rows.AddRange(candidates.Refused.Select(
            refused => (refused.Candidate, BenchmarkRow.Refuse(refused.Candidate, refused.Reason))));
        return new BenchmarkReport(
            model, ProcessorFeatures.Model, ProcessorFeatures.Names, Environment.ProcessorCount,
            OrtEnv.Instance().GetVersionString(), [.. rows.Select(each => each.Row)],
            Recommendation.Of(rows, inference.Providers));
    }

    /// <param name="number">Of the candidate, for the progress.</param>
    /// <param name="reference">Embeddings of the default; null: it is this candidate, or there are none.</param>
    private async Task<(BenchmarkRow Row, float[][]? Embeddings)> MeasureAsync(
        Candidate candidate, string number, string model, TimeSpan duration, float[][]? reference,
        CancellationToken cancellationToken)
    {
        try
        {
            var folder = await PrepareAsync(model, candidate.Precision, cancellationToken);
            await progress.WriteAsync($"{number} {candidate}: ");
            await progress.FlushAsync(cancellationToken);
            var (start, measured) = await _process.RunAsync(
                CandidateCommand.ArgumentsOf(candidate, folder, duration, inference.Providers), cancellationToken);
            if (candidate == Candidate.Default)
                reference = measured.Embeddings;
            var row = BenchmarkRow.Of(candidate, measured, start, reference);
            await progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.ImagesPerSecond:0.#} images/s, lowest cosine {row.LowestCosine:0.00000}"));
            return (row, measured.Embeddings);
        }
        catch (ClipException exception)
        {
            await progress.WriteLineAsync($"{number} {candidate}: not available: {exception.Message}");
            return (BenchmarkRow.Refuse(candidate, exception.Message), null);
        }
    }

    /// <summary>
    /// Downloads and converts the model first, which the server does once per model and not per start.
    /// </summary>
    private async Task<string> PrepareAsync(string model, Precision precision, CancellationToken cancellationToken)
    {
        var folder = await locator.LocateAsync(model, precision, new LogProgress(logger), cancellationToken);
        opener.Open(folder, precision).Dispose();
        return folder;
    }
}
