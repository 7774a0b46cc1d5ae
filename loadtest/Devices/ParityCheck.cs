using System.Numerics.Tensors;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Serving.Preprocessing;

namespace ClipGrpc.LoadTest.Devices;

/// <summary>
/// Holds a model's embeddings on a device against the reference's: its weights are made, and read, run and batched as
/// the server does it.
/// </summary>
internal static class ParityCheck
{
    private const int MaxBatch = 32;

    /// <summary>Where a model's made weights lie.</summary>
    public static string FolderOf(string work, ReferenceVectors reference) =>
        Path.Combine(work, reference.Model.Replace("/", "--", StringComparison.Ordinal));

    /// <param name="work">A folder for made weights; those that are there are used again.</param>
    /// <param name="settings">As of the server.</param>
    public static ParityResult Run(
        ReferenceVectors reference, string work, IReadOnlyDictionary<string, string?> settings)
    {
        var folder = FolderOf(work, reference);
        if (!SyntheticCheckpoint.IsComplete(folder))
            SyntheticCheckpoint.Write(folder, reference.Config, reference.Model);

        var options = ModelSettings.Inference(settings);
        using var package = ModelSettings.Open(folder, options);
        using var images = package.CreateImageEncoder(options, MaxBatch);
        using var texts = package.CreateTextEncoder(options, MaxBatch);
        return new ParityResult(
            reference.Model, options.Precision.Name(), ExecutionDevice.Resolve(options).Provider,
            Cosines(images, Prepare(reference), reference.ImageEmbeddings),
            Cosines(texts, [.. reference.TokenIds.Select(ids => (ReadOnlyMemory<int>)ids)], reference.TextEmbeddings));
    }

    // From the files, with the reference's own crop: decoding and resizing are a part of what is held against it.
    private static ReadOnlyMemory<byte>[] Prepare(ReferenceVectors reference)
    {
        var preprocessor = new ImagePreprocessor(reference.Config.Image, new ImageLimits());
        return
        [
            .. reference.Images.Select(file =>
            {
                var pixels = new byte[preprocessor.OutputLength];
                preprocessor.Prepare(File.ReadAllBytes(file), new DecodeOptions(), pixels);
                return (ReadOnlyMemory<byte>)pixels;
            }),
        ];
    }

    // Alone and all together, because a device may choose other kernels for another batch.
    private static IReadOnlyList<double> Cosines<T>(IEncoder<T> encoder, T[] inputs, float[][] expected)
    {
        var together = Encode(encoder, inputs);
        return
        [
            .. expected.Select((row, i) => Math.Min(
                Cosine(row, together[i]), Cosine(row, Encode(encoder, [inputs[i]])[0]))),
        ];
    }

    private static float[][] Encode<T>(IEncoder<T> encoder, T[] inputs)
    {
        var embeddings = new float[inputs.Length * encoder.Dimensions];
        encoder.Encode(inputs, embeddings, new float[inputs.Length]);
        return [.. embeddings.Chunk(encoder.Dimensions)];
    }

    private static double Cosine(float[] expected, float[] actual) =>
        TensorPrimitives.CosineSimilarity(expected, actual);
}
