using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.TestSupport;

/// <summary>
/// Writes a golden model's folder as the Hub would have it. Full-size weights go to the file tensor by tensor, so that
/// the memory of one is enough.
/// </summary>
internal static class SyntheticCheckpoint
{
    public static void Write(TemporaryFolder folder, GoldenModel golden, CheckpointForm form)
    {
        var isTransformers = form is CheckpointForm.TransformersSafetensors or CheckpointForm.TransformersTorch;
        var source = new TensorSource(golden);
        using (var weights = File.Create(folder.PathOf(WeightsName(form))))
        {
            StreamedTensor[] tensors = isTransformers ? [.. Transformers(golden.Config, source)] : [.. OpenClip(golden.Config, source)];
            if (form is CheckpointForm.OpenClipTorch or CheckpointForm.TransformersTorch)
                TorchWriter.Write(weights, tensors);
            else
                SafetensorsWriter.Write(weights, tensors);
        }

        if (isTransformers)
        {
            folder.Write("config.json", CheckpointJson.Transformers(golden.Config));
            folder.Write("preprocessor_config.json", CheckpointJson.Preprocessor(golden.Config));
        }
        else
        {
            folder.Write("open_clip_config.json", CheckpointJson.OpenClip(golden.Config));
        }

        WriteVocabulary(folder);
    }

    private static string WeightsName(CheckpointForm form) => form switch
    {
        CheckpointForm.OpenClipSafetensors => "open_clip_model.safetensors",
        CheckpointForm.OpenClipTorch => "open_clip_pytorch_model.bin",
        CheckpointForm.TransformersSafetensors => "model.safetensors",
        CheckpointForm.TransformersTorch => "pytorch_model.bin",
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
    };

    private static IEnumerable<StreamedTensor> OpenClip(ClipConfig config, TensorSource source) =>
        ClipTensors.Of(config).Select(tensor =>
            StreamedTensor.Float32(tensor.Name, [.. tensor.Shape], () => source.Values(tensor)));

    private static IEnumerable<StreamedTensor> Transformers(ClipConfig config, TensorSource source) =>
    [
        .. ClipTensors.Of(config).SelectMany(tensor => TransformersTensors.Parts(tensor.Name, [.. tensor.Shape]).Select(part =>
            StreamedTensor.Float32(part.Name, part.Shape, () => part.Take(source.Values(tensor))))),
        PositionIds("text_model", config.ContextLength),
        PositionIds("vision_model", config.Patches + 1),
    ];

    /// <summary>Not learnt, but old versions of transformers wrote it.</summary>
    private static StreamedTensor PositionIds(string tower, int count) => StreamedTensor.Of(TestTensor.Of(
        $"{tower}.embeddings.position_ids", TensorType.Int64, [1, count],
        [.. Enumerable.Range(0, count).Select(value => (float)value)]));

    /// <summary>The vocabulary of CLIP where it is at hand, else a small one, with which only images have their golden values.</summary>
    private static void WriteVocabulary(TemporaryFolder folder)
    {
        using var small = SharedGolden.Root is null ? VocabularyFolder.Written() : null;
        var source = small?.Path ?? Path.Combine(SharedGolden.Root!, "checkpoints", "tiny-gelu-openclip-safetensors");
        foreach (var file in (ReadOnlySpan<string>)["vocab.json", "merges.txt"])
            File.Copy(Path.Combine(source, file), folder.PathOf(file));
    }

    /// <summary>Keeps the latest tensor, because its parts are written one after the other.</summary>
    private sealed class TensorSource(GoldenModel golden)
    {
        private string? _name;
        private float[] _values = [];

        public float[] Values(TensorShape tensor)
        {
            if (_name != tensor.Name)
            {
                _values = SyntheticWeights.Values(
                    golden.Model, tensor.Name, tensor.Shape, SyntheticWeights.LayersOf(tensor.Name, golden.Config));
                _name = tensor.Name;
            }

            return _values;
        }
    }
}
