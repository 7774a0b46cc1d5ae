using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Models.Catalog;

/// <summary>A model's files, checked and understood: all that a served model is made of.</summary>
/// <remarks>It must outlive its encoders, which use what it holds in place.</remarks>
internal interface IModelPackage : IDisposable
{
    ClipConfig Config { get; }

    /// <summary>The folder with the tokenizer's files.</summary>
    string TokenizerFolder { get; }

    /// <summary>What a cosine is multiplied with before the softmax.</summary>
    float LogitScale { get; }

    /// <summary>A Hub commit (40 hex digits) or the beginning of a hash of the content (12).</summary>
    string Revision { get; }

    /// <summary>Learnt numbers of both towers; 0 where the files do not say.</summary>
    long Parameters { get; }

    /// <param name="options">How to run it; the precision is the one that the package was opened for.</param>
    /// <param name="maxBatchSize">Most images of one call.</param>
    /// <exception cref="ClipException">
    /// The files do not fit together, the device is missing, or the runtime refuses the graph.
    /// </exception>
    IEncoder<ReadOnlyMemory<byte>> CreateImageEncoder(InferenceOptions options, int maxBatchSize);

    /// <param name="options">As for <see cref="CreateImageEncoder"/>.</param>
    /// <param name="maxBatchSize">Most texts of one call.</param>
    /// <exception cref="ClipException">As for <see cref="CreateImageEncoder"/>.</exception>
    IEncoder<ReadOnlyMemory<int>> CreateTextEncoder(InferenceOptions options, int maxBatchSize);
}
