using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Models.Catalog;

/// <summary>A model's files, opened and checked: everything that a running model is made of.</summary>
/// <remarks>They must outlive their encoders, which use the weights in place.</remarks>
internal abstract class ModelFiles : IDisposable
{
    public abstract ClipConfig Config { get; }

    /// <summary>The folder with the tokenizer's files.</summary>
    public abstract string TokenizerFolder { get; }

    /// <summary>What a cosine is multiplied with before the softmax.</summary>
    public abstract float LogitScale { get; }

    /// <summary>
    /// Everything that determines the embeddings, as 64 hex digits: models with the same identity give the same
    /// embeddings. Call it after everything has been read, because it also checks that the files are still those that
    /// were opened.
    /// </summary>
    /// <exception cref="ClipException">A file has changed since, cannot be read, or is damaged.</exception>
    public abstract string Identify();

    /// <summary>Learnt numbers of both towers; 0 where the files do not say.</summary>
    public abstract long Parameters { get; }

    /// <param name="options">How to run it; the precision is the one that the files were opened for.</param>
    /// <param name="maxBatchSize">Most images of one call.</param>
    /// <exception cref="ClipException">
    /// The files do not fit together, the device is missing, or the runtime refuses the graph.
    /// </exception>
    public abstract IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize);

    /// <param name="options">As for <see cref="CreateImageEncoder"/>.</param>
    /// <param name="maxBatchSize">Most texts of one call.</param>
    /// <exception cref="ClipException">As for <see cref="CreateImageEncoder"/>.</exception>
    public abstract IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize);

    /// <summary>How the texts of a batch are padded by the encoder.</summary>
    /// <exception cref="ClipException">The device is missing.</exception>
    public abstract TextLengths TextLengthsFor(InferenceOptions options);

    public abstract void Dispose();
}
