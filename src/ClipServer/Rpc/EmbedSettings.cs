using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Batching;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>The validated options of an embedding call.</summary>
internal sealed record EmbedSettings(
    bool Normalize, bool Float16, LongText LongText, DecodeOptions Image, WorkPriority Priority)
{
    public static EmbedSettings Read(EmbedOptions? options, string field) => new(
        options is not { HasNormalize: true } || options.Normalize,
        options?.Encoding switch
        {
            null or EmbeddingEncoding.Unspecified or EmbeddingEncoding.Float32 => false,
            EmbeddingEncoding.Float16 => true,
            var other => throw InputReader.Unknown($"{field}.encoding", other.Value),
        },
        ReadLongText(options?.LongText ?? default, field),
        InputReader.ReadOptions(options?.Image, $"{field}.image"),
        ReadPriority(options?.Priority ?? default, field));

    public static LongText ReadLongText(V1.LongText value, string field) =>
        Enum.IsDefined(value) ? value : throw InputReader.Unknown($"{field}.long_text", value);

    public static WorkPriority ReadPriority(V1.Priority value, string field) => value switch
    {
        V1.Priority.Unspecified or V1.Priority.Interactive => WorkPriority.Interactive,
        V1.Priority.Bulk => WorkPriority.Bulk,
        _ => throw InputReader.Unknown($"{field}.priority", value),
    };
}
