using System.Runtime.InteropServices;
using ClipGrpc.LoadTest.Models;
using ClipGrpc.Models.Checkpoints;
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
        using (var weights = File.Create(folder.PathOf(WeightsName(form))))
        {
            var tensors = isTransformers ? Transformers(golden) : SyntheticTensor.AllOf(golden.Config, golden.Model);
            if (form is CheckpointForm.OpenClipTorch or CheckpointForm.TransformersTorch)
                TorchWriter.Write(weights, tensors);
            else
                Safetensors.Write(weights, tensors);
        }

        if (isTransformers)
        {
            folder.Write("config.json", CheckpointJson.Transformers(golden.Config));
            folder.Write("preprocessor_config.json", CheckpointJson.Preprocessor(golden.Config));
        }
        else
        {
            folder.Write("open_clip_config.json", CheckpointConfig.OpenClip(golden.Config));
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

    private static IReadOnlyList<StreamedTensor> Transformers(GoldenModel golden)
    {
        var source = new TensorSource(golden);
        return
        [
            .. from tensor in ClipTensors.Of(golden.Config)
               from part in TransformersTensors.Parts(tensor.Name, [.. tensor.Shape])
               select new StreamedTensor(
                   part.Name, TensorType.Float32, part.Shape,
                   sizeof(float) * part.Shape.Aggregate(1L, (product, dimension) => product * dimension),
                   sink => sink(MemoryMarshal.AsBytes<float>(part.Take(source.Values(tensor))))),
            PositionIds("text_model", golden.Config.ContextLength),
            PositionIds("vision_model", golden.Config.Patches + 1),
        ];
    }

    /// <summary>Not learnt, but old versions of transformers wrote it.</summary>
    private static StreamedTensor PositionIds(string tower, int count) => TestTensor.Of(
        $"{tower}.embeddings.position_ids", TensorType.Int64, [1, count],
        [.. Enumerable.Range(0, count).Select(value => (float)value)]).ToStreamed();

    /// <summary>
    /// The vocabulary of CLIP where it is at hand, else a small one, with which only images have their golden values.
    /// </summary>
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
                    golden.Model, tensor.Name, tensor.Shape, SyntheticTensor.LayersOf(tensor.Name, golden.Config));
                _name = tensor.Name;
            }

            return _values;
        }
    }
}
