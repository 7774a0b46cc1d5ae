using ClipGrpc.Serving.Batching;
using ClipGrpc.V1;

namespace ClipGrpc.Server.OpenInference;

/// <summary>The parameters of a request that the engine knows.</summary>
/// <param name="Timeout">Null: none.</param>
internal sealed record InferenceSettings(
    bool Normalize, LongText LongText, bool Float16, WorkPriority Priority, TimeSpan? Timeout)
{
    /// <summary>24 days, of timers and of those who wait.</summary>
    private const long MaxMicroseconds = int.MaxValue * 1000L;

    /// <exception cref="ClipException">One of them is not valid.</exception>
    public static InferenceSettings Read(ParameterSet parameters) => new(
        parameters.FindBoolean("normalize") ?? true,
        parameters.FindBoolean("truncate") == false ? LongText.Reject : LongText.Truncate,
        parameters.FindText("embed_dtype") switch
        {
            null or "FP32" => false,
            "FP16" => true,
            var other => throw parameters.Invalid(
                "embed_dtype", $"\"{Excerpt.Of(other)}\" is not supported; use FP32 or FP16."),
        },
        // 0 stands for the default, and 1 is the highest.
        parameters.FindCount("priority") is null or <= 1 ? WorkPriority.Interactive : WorkPriority.Bulk,
        ReadTimeout(parameters.FindCount("timeout")));

    private static TimeSpan? ReadTimeout(long? microseconds) => microseconds is null or 0
        ? null
        : TimeSpan.FromMicroseconds(Math.Min(microseconds.Value, MaxMicroseconds));
}
