using System.Runtime.InteropServices;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Server.Http;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;

namespace ClipGrpc.Server.OpenInference;

/// <summary>What the inputs of a request are to the engine.</summary>
/// <param name="Candidates">
/// The names of what images are compared with, if these have names: labels, or else texts.
/// </param>
internal sealed record InferenceInputs(
    InputSource Images, InputSource Texts, LabelSetDefinition? Labels, Func<int, string>? Candidates)
{
    public int CandidateCount => Labels?.Labels.Count ?? Texts.Count;

    /// <exception cref="ClipException">They are not valid, or do not fit together.</exception>
    public static InferenceInputs Read(
        IReadOnlyList<InputTensor> tensors, InferenceSettings settings, ModelInfo model, LimitOptions limits)
    {
        var byName = new Dictionary<string, InputTensor>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (!byName.TryAdd(tensor.Header.Definition.Name, tensor))
                throw InputReader.Invalid(tensor.Header.Field, "Duplicate input; send it once.");
        }

        var images = Choose(byName, TensorDefinition.Images, TensorDefinition.Frames);
        var texts = Choose(byName, TensorDefinition.Texts, TensorDefinition.InputIds);
        if (images is null && texts is null)
        {
            throw InputReader.Invalid(
                "inputs", "There is no input to embed; send images, frames, texts or input_ids.");
        }

        var labels = ReadLabels(byName, images is not null, limits);
        return new InferenceInputs(
            ReadImages(images),
            ReadTexts(texts, settings, model, limits),
            labels,
            labels is not null ? i => labels.Labels[i]
                : texts?.Elements is { } elements ? i => elements.ReadText(i, $"texts[{i}]")
                : null);
    }

    private static InputTensor? Choose(
        Dictionary<string, InputTensor> byName, TensorDefinition first, TensorDefinition second)
    {
        var (one, other) = (byName.GetValueOrDefault(first.Name), byName.GetValueOrDefault(second.Name));
        return one is null || other is null
            ? one ?? other
            : throw InputReader.Invalid(
                other.Header.Field, $"The request has both {first.Name} and {second.Name}; send only one of them.");
    }

    private static LabelSetDefinition? ReadLabels(
        Dictionary<string, InputTensor> byName, bool hasImages, LimitOptions limits)
    {
        var (labels, templates) = (
            byName.GetValueOrDefault(TensorDefinition.Labels.Name),
            byName.GetValueOrDefault(TensorDefinition.Templates.Name));
        if (labels is null && templates is not null)
            throw InputReader.Invalid(templates.Header.Field, "Templates require labels, which are missing.");
        if (labels is null)
            return null;
        if (!hasImages)
            throw InputReader.Invalid(labels.Header.Field, "Labels require images or frames, which are missing.");

        return LabelSetReader.Read(ReadNames(labels), "labels", ReadNames(templates), "templates", limits);
    }

    private static string[] ReadNames(InputTensor? tensor)
    {
        if (tensor?.Elements is not { } elements)
            return [];

        var names = new string[elements.Count];
        for (var i = 0; i < names.Length; i++)
            names[i] = elements.ReadText(i, $"{tensor.Header.Definition.Name}[{i}]");
        return names;
    }

    private static InputSource ReadImages(InputTensor? tensor)
    {
        if (tensor is null)
            return InputSource.Empty;

        return tensor.Elements is { } elements
            ? new InputSource(elements.Count, i => elements.ReadImage(i, $"images[{i}]"))
            : new InputSource(tensor.Header.Shape[0], i => ReadFrame(tensor, i));
    }

    private static RawImageInput ReadFrame(InputTensor tensor, int index)
    {
        var (height, width) = (tensor.Header.Shape[1], tensor.Header.Shape[2]);
        var length = tensor.Numbers.Length / tensor.Header.Shape[0];
        var pixels = new RawPixels(
            (uint)width, (uint)height, 0, PixelFormat.Rgb24, ColorMatrix.Bt601,
            tensor.Numbers.Slice(index * length, length));
        return new RawImageInput(pixels, new DecodeOptions()) { Field = $"frames[{index}]" };
    }

    private static InputSource ReadTexts(
        InputTensor? tensor, InferenceSettings settings, ModelInfo model, LimitOptions limits)
    {
        if (tensor is null)
            return InputSource.Empty;

        return tensor.Elements is { } elements
            ? new InputSource(elements.Count, ReadText)
            : new InputSource(tensor.Header.Shape[0], i => ReadTokens(tensor, i, model));

        TextInput ReadText(int index)
        {
            var field = $"texts[{index}]";
            return InputReader.ReadText(
                elements.ReadText(index, field), field, settings.LongText, limits.MaxTextChars);
        }
    }

    /// <summary>Up to the end token; what follows it is padding, with which models differ.</summary>
    private static TokensInput ReadTokens(InputTensor tensor, int row, ModelInfo model)
    {
        var field = $"input_ids[{row}]";
        var (start, end) = model.TextTokens;
        var columns = tensor.Header.Shape[1];
        var ids = new List<int>(Math.Min(columns, model.Config.ContextLength));
        for (var column = 0; column < columns; column++)
        {
            var id = ReadId(tensor, row * columns + column);
            if (id is < 0 || id >= model.Config.VocabularySize)
            {
                throw InputReader.Invalid(
                    $"{field}[{column}]", $"{id} is not a token id of the model; valid are 0 to "
                    + $"{model.Config.VocabularySize - 1}.");
            }

            if (ids.Count == model.Config.ContextLength)
            {
                throw InputReader.Invalid(
                    field, $"The text has more than {model.Config.ContextLength} tokens, the model's context length.");
            }

            if (column == 0 && id != start)
                throw InputReader.Invalid(field, $"The text does not begin with the start token, {start}.");

            ids.Add((int)id);
            if (id == end)
                return new TokensInput(CollectionsMarshal.AsSpan(ids).ToArray()) { Field = field };
        }

        throw InputReader.Invalid(field, $"The text has no end token, {end}.");
    }

    private static long ReadId(InputTensor tensor, int index) => tensor.Header.Datatype == Datatype.Int64
        ? MemoryMarshal.Read<long>(tensor.Numbers.Span[(index * sizeof(long))..])
        : MemoryMarshal.Read<int>(tensor.Numbers.Span[(index * sizeof(int))..]);
}
