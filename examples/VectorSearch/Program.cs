using ClipGrpc.Client;
using ClipGrpc.Examples.VectorSearch;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

// Embeds the sample images, keeps the vectors in memory, in Qdrant or in PostgreSQL, and finds images by text through a
// function of Semantic Kernel.
//
//     VectorSearch
//     VectorSearch qdrant http://localhost:6334
//     VectorSearch postgres "Host=localhost;Username=postgres"

await using IImageIndex index = args switch
{
    ["qdrant", var address] => new QdrantIndex(new Uri(address)),
    ["postgres", var connectionString] => new PostgresIndex(connectionString),
    _ => new MemoryIndex(),
};

var builder = Kernel.CreateBuilder();
builder.Services.AddClipClient(options => options.Addresses.Add(
    Environment.GetEnvironmentVariable("CLIP_SERVER") ?? ClipClientOptions.DefaultAddress));

// A text that was embedded before comes from the cache, until the server has another revision of the model.
builder.Services.AddDistributedMemoryCache();
builder.Services.AddClipEmbeddingGenerator().UseClipRevision().UseDistributedCache().UseOpenTelemetry();
builder.Services.AddClipDataContentEmbeddingGenerator();
builder.Services.AddSingleton(index);
builder.Plugins.AddFromType<ImageSearch>("Images");
var kernel = builder.Build();

var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"));
Array.Sort(files, StringComparer.Ordinal);
var images = kernel.Services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
var contents = await Task.WhenAll(files.Select(file => DataContent.LoadFromAsync(file).AsTask()));
var embeddings = await images.GenerateAsync(contents);
await index.AddAsync([.. files.Zip(embeddings, (file, embedding) => (Path.GetFileName(file), embedding.Vector))]);

var model = images.GetService<ClipEmbeddingGeneratorMetadata>()!;
Console.WriteLine(
    $"{files.Length} images, model {model.DefaultModelId} {model.Revision}, {model.DefaultModelDimensions} dimensions");

foreach (var text in new[] { "a sunflower", "a red umbrella", "a slice of pizza", "a guitar" })
{
    var found = await kernel.InvokeAsync<IReadOnlyList<FoundImage>>(
        "Images", "Find", new KernelArguments { ["description"] = text });
    Console.WriteLine(text);
    foreach (var image in found!)
        Console.WriteLine($"    {image.Cosine,6:F3}  {image.Name}");
}
