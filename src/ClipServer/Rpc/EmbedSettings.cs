using ClipGrpc.Server.Batching;
using ClipGrpc.Server.Images;
using ClipGrpc.V1;

namespace ClipGrpc.Server.Rpc;

/// <summary>The checked options of an embedding call.</summary>
internal sealed record EmbedSettings(
    bool Normalize, bool Float16, LongText LongText, PictureOptions Picture, WorkPriority Priority)
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

    public static LongText ReadLongText(LongText value, string field) =>
        Enum.IsDefined(value) ? value : throw InputReader.Unknown($"{field}.long_text", value);

    public static WorkPriority ReadPriority(Priority value, string field) => value switch
    {
        Priority.Unspecified or Priority.Interactive => WorkPriority.Interactive,
        Priority.Bulk => WorkPriority.Bulk,
        _ => throw InputReader.Unknown($"{field}.priority", value),
    };
}
