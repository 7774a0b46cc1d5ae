using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.LoadTest.Models;

/// <summary>Writes a checkpoint of full size, as the Hub lays one out, whose weights nobody trained.</summary>
internal static class SyntheticCheckpoint
{
    private const string WeightsFile = "open_clip_model.safetensors";
    private const int ElementsPerWrite = 1 << 20;

    /// <summary>Writes configuration, weights and vocabulary; the weights come last and whole.</summary>
    /// <param name="modelId">Seed of the weights.</param>
    public static void Write(string folder, ClipConfig config, string modelId)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "open_clip_config.json"), ConfigJson(config));
        SyntheticVocabulary.Write(folder);

        var path = Path.Combine(folder, WeightsFile);
        var partial = path + ".partial";
        using (var stream = File.Create(partial))
            WriteWeights(stream, ClipTensors.Of(config), config, modelId);
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Whether a folder has all that <see cref="Write"/> writes.</summary>
    public static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, WeightsFile));

    private static void WriteWeights(
        Stream stream, IReadOnlyList<TensorShape> tensors, ClipConfig config, string modelId)
    {
        stream.Write(Header(tensors));
        var buffer = new float[ElementsPerWrite];
        foreach (var tensor in tensors)
        {
            var isVision = tensor.Name.StartsWith("visual.", StringComparison.Ordinal);
            var layers = (isVision ? config.Vision : config.Text).Layers;
            var values = new SyntheticTensor(modelId, tensor.Name, tensor.Shape.AsSpan(), layers);
            var count = ElementsOf(tensor);
            for (long first = 0; first < count; first += ElementsPerWrite)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(ElementsPerWrite, count - first));
                values.Fill(first, part);
                stream.Write(MemoryMarshal.AsBytes(part.Span)); // little endian, as every machine that .NET runs on
            }
        }
    }

    private static byte[] Header(IReadOnlyList<TensorShape> tensors)
    {
        var header = new Dictionary<string, object>
        {
            ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" },
        };
        long position = 0;
        foreach (var tensor in tensors)
        {
            var end = position + (ElementsOf(tensor) * sizeof(float));
            header.Add(tensor.Name, new { dtype = "F32", shape = tensor.Shape.ToArray(), data_offsets = new[] { position, end } });
            position = end;
        }

        var json = JsonSerializer.Serialize(header);
        json += new string(' ', -json.Length & 7);
        var bytes = new byte[sizeof(long) + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        Encoding.ASCII.GetBytes(json, bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    private static long ElementsOf(TensorShape tensor) =>
        tensor.Shape.Aggregate(1L, (product, dimension) => product * dimension);

    private static string ConfigJson(ClipConfig config) => JsonSerializer.Serialize(
        new
        {
            model_cfg = new
            {
                embed_dim = config.EmbeddingDimensions,
                quick_gelu = config.Activation == Activation.QuickGelu,
                vision_cfg = new
                {
                    image_size = config.Image.Size,
                    layers = config.Vision.Layers,
                    width = config.Vision.Width,
                    patch_size = config.PatchSize,
                },
                text_cfg = new
                {
                    context_length = config.ContextLength,
                    vocab_size = config.VocabularySize,
                    width = config.Text.Width,
                    heads = config.Text.Heads,
                    layers = config.Text.Layers,
                },
            },
            preprocess_cfg = new { mean = config.Mean, std = config.StandardDeviation },
        },
        new JsonSerializerOptions { WriteIndented = true });
}
