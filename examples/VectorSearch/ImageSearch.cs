using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace ClipGrpc.Examples.VectorSearch;

/// <summary>The search as a function of Semantic Kernel, for a language model to call.</summary>
internal sealed class ImageSearch(IImageIndex index, IEmbeddingGenerator<string, Embedding<float>> texts)
{
    [KernelFunction]
    [Description("Finds images by a description of what they show.")]
    public async Task<IReadOnlyList<FoundImage>> FindAsync(
        [Description("A short English phrase, such as: a red umbrella")] string description,
        [Description("How many images, the best first")] int count = 3) =>
        await index.SearchAsync(await texts.GenerateVectorAsync(description), count);
}
