using System.Numerics.Tensors;
using ClipGrpc.Client;

// Embeds the sample images and some texts, and prints for each text the images that are most similar to it.

string[] texts = ["a sunflower", "a red umbrella", "a slice of pizza", "a guitar"];
var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"));
Array.Sort(files, StringComparer.Ordinal);

// A client is thread-safe and holds the connection: create one and keep it.
using var clip = ClipClient.ForAddress(
    Environment.GetEnvironmentVariable("CLIP_SERVER") ?? ClipClientOptions.DefaultAddress);

try
{
    // A batch of any size: the client splits it to the server's limits and returns one result per image, in order.
    var results = await clip.EmbedImagesAsync(files.Select(ClipImage.FromFile));

    // An image that cannot be embedded is an error beside its neighbors' embeddings, not an exception.
    var images = new List<(string Name, ReadOnlyMemory<float> Vector)>();
    foreach (var (file, result) in files.Zip(results))
    {
        if (result.IsSuccess)
        {
            images.Add((Path.GetFileName(file), result.Value.Vector));
        }
        else
        {
            Console.Error.WriteLine($"{file}: {result.Error.Message}");
        }
    }

    foreach (var text in texts)
    {
        var query = await clip.EmbedTextAsync(text);
        Console.WriteLine(text);

        // Embeddings have length 1, so the dot product of two is their cosine similarity.
        var ranking = images
            .Select(image => (image.Name, Cosine: TensorPrimitives.Dot(image.Vector.Span, query.Vector.Span)))
            .OrderByDescending(image => image.Cosine);
        foreach (var (name, cosine) in ranking.Take(3))
        {
            Console.WriteLine($"    {cosine,6:F3}  {name}");
        }
    }

    return images.Count == files.Length ? 0 : 1;
}
catch (ClipClientException exception)
{
    Console.Error.WriteLine($"{exception.StatusCode}: {exception.Message}");
    return 1;
}
