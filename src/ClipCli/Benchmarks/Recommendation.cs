using System.Globalization;
using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>How to call this server, and what keeps it from more.</summary>
/// <param name="Step">Of the closed loop.</param>
/// <param name="Limit">
/// <c>device</c>, <c>preprocessing</c>, <c>admission</c>, <c>callers</c> or <c>transport</c>.
/// </param>
/// <param name="Reason">A sentence on the limit.</param>
internal sealed record Recommendation(StepResult Step, string Limit, string Reason)
{
    private const double NearPeak = 0.95;
    private const double MostlyOk = 0.99;
    private const double Busy = 0.85;
    private const double StillGrowing = 1.1;

    /// <summary>Where the time of a call went.</summary>
    public string Times => string.Create(
        CultureInfo.InvariantCulture,
        $"Per call on average: queue {Step.Queue.TotalMilliseconds:0.#} ms, preprocessing "
        + $"{Step.Preprocess.TotalMilliseconds:0.#} ms, model {Step.Inference.TotalMilliseconds:0.#} ms.");

    /// <summary>Null where no step of a closed loop went well.</summary>
    public static Recommendation? Of(IReadOnlyList<StepResult> results) => FindBest(results) is { } best
        ? new Recommendation(best, LimitOf(best, results), ReasonOf(best, results))
        : null;

    /// <summary>
    /// Of the steps with nearly the highest throughput the one with the fewest items under way: more would only wait.
    /// </summary>
    public static StepResult? FindBest(IReadOnlyList<StepResult> results)
    {
        var sound = results
            .Where(result => result.Step.Callers is not null && result.OkShare >= MostlyOk && result.Throughput > 0)
            .ToList();
        if (sound.Count == 0)
            return null;

        var peak = sound.Max(result => result.Throughput);
        return sound.Where(result => result.Throughput >= NearPeak * peak)
            .OrderBy(result => result.Step.Callers * result.Step.ItemsPerCall)
            .ThenByDescending(result => result.Throughput)
            .First();
    }

    private static string LimitOf(StepResult best, IReadOnlyList<StepResult> results) =>
        best.DeviceBusy >= Busy ? "device"
        : IsRefused(results) ? "admission"
        : IsGrowing(best, results) ? "callers"
        : best.Preprocess > best.Inference + best.Queue ? "preprocessing"
        : "transport";

    private static string ReasonOf(StepResult best, IReadOnlyList<StepResult> results) => LimitOf(best, results) switch
    {
        "device" => string.Create(
            CultureInfo.InvariantCulture,
            $"The model runs {best.DeviceBusy * 100:0} % of the time, in batches of {best.MeanBatch:0.#} on average: "
            + $"the device is the bottleneck. Use a lower precision, another device or more servers."),
        "admission" =>
            "The server rejects more calls (RESOURCE_EXHAUSTED): its queue or this caller's share is full.",
        "callers" =>
            "The throughput still grew with the last step: more callers or more items per call may give more "
            + "(--callers, --batch).",
        "preprocessing" => string.Create(
            CultureInfo.InvariantCulture,
            $"Decoding and resizing take {best.Preprocess.TotalMilliseconds:0.#} ms per call, the model "
            + $"{best.Inference.TotalMilliseconds:0.#} ms: the server's CPU is the bottleneck. Use smaller images, "
            + $"images that the client has prepared, or more cores."),
        _ =>
            "Neither the model nor the decoding takes most of the time: the network, this machine or other work on the "
            + "server is the bottleneck.",
    };

    private static bool IsRefused(IReadOnlyList<StepResult> results) => results.Any(
        result => result.Step.Callers is not null && result.Statuses.ContainsKey(StatusCode.ResourceExhausted));

    // With as many callers as there were steps for.
    private static bool IsGrowing(StepResult best, IReadOnlyList<StepResult> results)
    {
        var steps = results
            .Where(result => result.Step.Callers is not null && result.Step.ItemsPerCall == best.Step.ItemsPerCall)
            .ToList();
        return ReferenceEquals(steps[^1], best)
            && (steps.Count == 1 || best.Throughput >= StillGrowing * steps[^2].Throughput);
    }
}
