using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Results of the engine as tensors.</summary>
internal sealed class OutputWriter(InferenceInputs inputs, InferenceSettings settings, float logitScale)
{
    /// <summary>Once, if more than one output needs them.</summary>
    private float[]? _cosines;

    public OutputTensor Write(
        RequestedOutput output, ReadOnlySpan<EmbeddingResult> images, ReadOnlySpan<EmbeddingResult> texts,
        LabelSet? labels)
    {
        var isEmbedding = output.Name is OutputPlan.ImageEmbeds or OutputPlan.TextEmbeds;
        var rows = output.Name == OutputPlan.TextEmbeds ? texts.Length : images.Length;
        var bytes = output.Name switch
        {
            OutputPlan.ImageEmbeds => WriteEmbeddings(images),
            OutputPlan.TextEmbeds => WriteEmbeddings(texts),
            var name => Compare(images, texts, labels, isProbability: name == OutputPlan.Probabilities),
        };
        var columns = bytes.Length / sizeof(float) / rows;
        if (output.Classes > 0)
            return Classify(output, rows, columns, bytes, isEmbedding ? null : inputs.Candidates);

        return isEmbedding && settings.Float16
            ? new OutputTensor(output.Name, Datatype.Fp16, [rows, columns], ToHalves(bytes))
            : new OutputTensor(output.Name, Datatype.Fp32, [rows, columns], bytes);
    }

    private byte[] WriteEmbeddings(ReadOnlySpan<EmbeddingResult> embeddings)
    {
        var dimensions = embeddings[0].Vector.Length;
        var bytes = new byte[(long)embeddings.Length * dimensions * sizeof(float)];
        for (var i = 0; i < embeddings.Length; i++)
        {
            var row = Row(bytes, i, dimensions);
            if (settings.Normalize)
                embeddings[i].Vector.Span.CopyTo(row);
            else
                TensorPrimitives.Multiply(embeddings[i].Vector.Span, embeddings[i].Norm, row);
        }

        return bytes;
    }

    private byte[] Compare(
        ReadOnlySpan<EmbeddingResult> images, ReadOnlySpan<EmbeddingResult> texts, LabelSet? labels,
        bool isProbability)
    {
        var count = inputs.CandidateCount;
        var cosines = _cosines ??= ComputeCosines(images, texts, labels, count);
        var bytes = new byte[(long)cosines.Length * sizeof(float)];
        for (var i = 0; i < images.Length; i++)
        {
            var row = cosines.AsSpan(i * count, count);
            if (isProbability)
                Round(Similarity.Softmax(row, logitScale), Row(bytes, i, count));
            else
                TensorPrimitives.Multiply(row, logitScale, Row(bytes, i, count));
        }

        return bytes;
    }

    private static float[] ComputeCosines(
        ReadOnlySpan<EmbeddingResult> images, ReadOnlySpan<EmbeddingResult> texts, LabelSet? labels, int count)
    {
        var cosines = new float[images.Length * count];
        for (var i = 0; i < images.Length; i++)
        {
            var image = images[i].Vector.Span;
            for (var j = 0; j < count; j++)
            {
                var candidate = labels is null ? texts[j].Vector.Span : labels.Row(j);
                cosines[i * count + j] = TensorPrimitives.Dot(image, candidate);
            }
        }

        return cosines;
    }

    private static void Round(ReadOnlySpan<double> values, Span<float> destination) =>
        TensorPrimitives.ConvertSaturating(values, destination);

    /// <summary>The largest values of each row, the largest first: <c>value:index</c>, and <c>:name</c> if it has one.
    /// </summary>
    private static OutputTensor Classify(
        RequestedOutput output, int rows, int columns, byte[] values, Func<int, string>? nameOf)
    {
        var count = Math.Min(output.Classes, columns);
        using var elements = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(uint)];
        for (var i = 0; i < rows; i++)
        {
            var row = Row(values, i, columns);
            foreach (var index in FindLargest(row, count))
            {
                var text = row[index].ToString(CultureInfo.InvariantCulture) + $":{index}";
                var element = Encoding.UTF8.GetBytes(nameOf is null ? text : $"{text}:{nameOf(index)}");
                BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)element.Length);
                elements.Write(length);
                elements.Write(element);
            }
        }

        return new OutputTensor(output.Name, Datatype.Bytes, [rows, count], elements.ToArray());
    }

    private static IEnumerable<int> FindLargest(ReadOnlySpan<float> row, int count)
    {
        var values = row.ToArray();
        var indices = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(indices, (a, b) => values[b].CompareTo(values[a]) is var order and not 0 ? order : a.CompareTo(b));
        return indices.Take(count);
    }

    private static byte[] ToHalves(byte[] floats)
    {
        var halves = new byte[floats.Length / 2];
        TensorPrimitives.ConvertToHalf(
            MemoryMarshal.Cast<byte, float>(floats.AsSpan()), MemoryMarshal.Cast<byte, Half>(halves.AsSpan()));
        return halves;
    }

    private static Span<float> Row(byte[] bytes, int index, int length) =>
        MemoryMarshal.Cast<byte, float>(bytes.AsSpan()).Slice(index * length, length);
}
