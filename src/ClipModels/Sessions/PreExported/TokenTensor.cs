using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipGrpc.Models.Sessions.PreExported;

/// <summary>Memory for an input of token ids, or of their mask, in the type that a tower takes.</summary>
internal sealed class TokenTensor(TensorElementType type, int capacity)
{
    private readonly int[] _narrow =
        type == TensorElementType.Int32 ? GC.AllocateArray<int>(capacity, pinned: true) : [];
    private readonly long[] _wide =
        type == TensorElementType.Int64 ? GC.AllocateArray<long>(capacity, pinned: true) : [];

    /// <summary>The ids, padded with 0 to [texts, length]; or 1 where there is an id.</summary>
    public OrtValue Fill(ReadOnlySpan<ReadOnlyMemory<int>> texts, int length, bool isMask)
    {
        var count = texts.Length * length;
        Array.Clear(_narrow);
        Array.Clear(_wide);
        for (var i = 0; i < texts.Length; i++)
        {
            var ids = texts[i].Span;
            for (var j = 0; j < ids.Length; j++)
                Set(i * length + j, isMask ? 1 : ids[j]);
        }

        var memory = OrtMemoryInfo.DefaultInstance;
        return type == TensorElementType.Int32
            ? OrtValue.CreateTensorValueFromMemory(memory, _narrow.AsMemory(0, count), [texts.Length, length])
            : OrtValue.CreateTensorValueFromMemory(memory, _wide.AsMemory(0, count), [texts.Length, length]);
    }

    private void Set(int index, int value)
    {
        if (type == TensorElementType.Int32)
            _narrow[index] = value;
        else
            _wide[index] = value;
    }
}
