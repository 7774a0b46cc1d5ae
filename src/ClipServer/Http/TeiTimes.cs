using System.Globalization;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.Http;

/// <summary>The headers in which Text Embeddings Inference tells how long a call took, in whole milliseconds.</summary>
internal static class TeiTimes
{
    /// <summary>Before the body.</summary>
    public static void Write(FacadeCall call, RunningModel model, ReadOnlySpan<EmbeddingResult> embedded)
    {
        var headers = call.Http.Response.Headers;
        var tokens = 0;
        foreach (var item in embedded)
            tokens += OpenAiFacade.CountTokens(item, model);
        headers["x-compute-type"] = model.Info.Device;
        headers["x-compute-tokens"] = tokens.ToString(CultureInfo.InvariantCulture);
        Write(headers, embedded, call.Elapsed);
    }

    /// <summary>Of each time the longest of all inputs, as in the responses of gRPC.</summary>
    internal static void Write(IHeaderDictionary headers, ReadOnlySpan<EmbeddingResult> embedded, TimeSpan total)
    {
        var slowest = default(EmbeddingResult);
        foreach (var item in embedded)
            slowest = slowest.SlowestWith(item);

        headers["x-compute-time"] = headers["x-total-time"] = Format(total);
        headers["x-tokenization-time"] = Format(slowest.Preprocess);
        headers["x-queue-time"] = Format(slowest.Queued);
        headers["x-inference-time"] = Format(slowest.Inference);
    }

    private static string Format(TimeSpan time) =>
        ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
