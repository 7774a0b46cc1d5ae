namespace ClipGrpc.Models.Sessions;

/// <summary>
/// One tower of a model on a device. Not thread-safe: one owner calls it.
/// Images come as <c>ReadOnlyMemory&lt;byte&gt;</c>, size × size × 3 RGB bytes, rows from the top;
/// texts as <c>ReadOnlyMemory&lt;int&gt;</c>, token ids from start to end token, without padding.
/// </summary>
internal interface IEncoder<TInput> : IDisposable
{
    /// <summary>Elements of one embedding.</summary>
    int Dimensions { get; }

    /// <summary>
    /// Whether a batch can leave cores idle before it has ended, so that another encoder of the tower can begin the
    /// next batch.
    /// </summary>
    bool LeavesCoresIdle => false;

    /// <summary>
    /// Is called, on any thread, when a batch leaves a core idle, at most once per batch; never if not
    /// <see cref="LeavesCoresIdle"/>.
    /// </summary>
    Action? CoreIdle
    {
        set { }
    }

    /// <summary>Encodes a batch.</summary>
    /// <param name="inputs">At least one.</param>
    /// <param name="embeddings">inputs × <see cref="Dimensions"/>, each row of L2 norm 1.</param>
    /// <param name="norms">inputs; the L2 norm that each row had before.</param>
    void Encode(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms);

    /// <summary>
    /// As <see cref="Encode"/>, before the first batch of a size that will be frequent: the encoder may take its time
    /// to find out how it runs such batches fastest.
    /// </summary>
    void WarmUp(ReadOnlySpan<TInput> inputs, Span<float> embeddings, Span<float> norms) =>
        Encode(inputs, embeddings, norms);
}
