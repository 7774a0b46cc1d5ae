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
        var (tokenization, queue, inference) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        foreach (var item in embedded)
        {
            tokenization = Longer(tokenization, item.Preprocess);
            queue = Longer(queue, item.Queued);
            inference = Longer(inference, item.Inference);
        }

        headers["x-compute-time"] = headers["x-total-time"] = Format(total);
        headers["x-tokenization-time"] = Format(tokenization);
        headers["x-queue-time"] = Format(queue);
        headers["x-inference-time"] = Format(inference);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string Format(TimeSpan time) =>
        ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
