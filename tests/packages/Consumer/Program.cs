using ClipGrpc.Client;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

// Uses the packed client as an application would: Consumer ADDRESS IMAGE. Prints the same lines whatever it was built
// for.

var (address, file) = (args[0], args[1]);
#if NETSTANDARD_CLIENT
// Channels of its own need Windows there.
using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(address);
using var clip = new ClipClient(channel.CreateCallInvoker());
#else
using var clip = ClipClient.ForAddress(address);
#endif

#if LIBRARY
Console.WriteLine($"label: {await new LibraryConsumer.Photos(clip).LabelAsync(file, ["pizza", "dog"])}");
#else
var classification = await clip.ClassifyAsync(ClipImage.FromFile(file), new ClipLabels(["pizza", "dog"]));
Console.WriteLine($"label: {classification.Predictions[0].Label}");
#endif

// Pixels that the client prepares, in each way that its code has, give the server's own embedding.
var models = await clip.ListModelsAsync();
var prepared = true;
foreach (var format in Enum.GetValues<PixelFormat>())
{
    var pixels = new byte[Bytes(format, 322, 246)];
    for (var i = 0; i < pixels.Length; i++)
        pixels[i] = (byte)((i * 7) + (i / 322));
    var image = ClipImage.FromPixels(pixels, 322, 246, format);
    var theirs = await clip.EmbedImageAsync(image);
    var ours = await clip.EmbedImageAsync(image.Prepare(models.Models[0]));
    prepared &= theirs.Vector.Span.SequenceEqual(ours.Vector.Span);
}

Console.WriteLine($"prepared: {prepared}");

#if NETSTANDARD_CLIENT
IEmbeddingGenerator<string, Embedding<float>> texts = new ClipTextEmbeddingGenerator(clip);
#else
var services = new ServiceCollection();
services.AddClipClient(options => options.Addresses.Add(address));
services.AddClipEmbeddingGenerator().UseLogging();
services.AddLogging();
await using var provider = services.BuildServiceProvider();
var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
#endif
var vectors = await texts.GenerateAsync(["a dog", "a pizza"]);
var model = texts.GetService<ClipEmbeddingGeneratorMetadata>()!;
Console.WriteLine($"texts: {vectors.Count} of {model.DefaultModelId}");

try
{
    await clip.EmbedTextAsync("a dog", new EmbedCallOptions { Model = "none" });
}
catch (ClipClientException exception)
{
    Console.WriteLine($"error: {exception.StatusCode} {exception.Reason}");
}

static int Bytes(PixelFormat format, int width, int height) => format switch
{
    PixelFormat.Gray8 => width * height,
    PixelFormat.Nv12 or PixelFormat.I420 => width * height * 3 / 2,
    PixelFormat.P010 => width * height * 3,
    PixelFormat.Yuy2 or PixelFormat.Uyvy => width * height * 2,
    PixelFormat.Rgb24 or PixelFormat.Bgr24 => width * height * 3,
    _ => width * height * 4,
};
