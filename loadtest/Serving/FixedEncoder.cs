using ClipGrpc.Models.Sessions;

namespace ClipGrpc.LoadTest.Serving;

/// <summary>Gives every input the same embedding, at once.</summary>
internal sealed class FixedEncoder<TInput>(int dimensions) : IEncoder<TInput>
{
    public int Dimensions => dimensions;

    public void Encode(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms)
    {
        embeddings[..(inputs.Length * dimensions)].Fill(1 / MathF.Sqrt(dimensions));
        norms[..inputs.Length].Fill(1);
    }

    public void Dispose()
    {
    }
}
