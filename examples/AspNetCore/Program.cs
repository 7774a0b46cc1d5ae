using System.Numerics.Tensors;
using ClipGrpc.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;

// A web service in front of ClipGrpc: POST /labels classifies an image, GET /search finds sample images by text.

var builder = WebApplication.CreateBuilder(args);

// Registers ClipClient with the gRPC client factory. Invalid options are reported when the application starts.
builder.Services.AddClipClient(options => options.Addresses.Add(
    Environment.GetEnvironmentVariable("CLIP_SERVER") ?? ClipClientOptions.DefaultAddress));

var app = builder.Build();

// The search index: the samples are embedded once, at startup. A search then embeds only its text.
var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"));
var embeddings = await app.Services.GetRequiredService<ClipClient>()
    .EmbedImagesAsync(files.Select(ClipImage.FromFile));
var index = files.Zip(embeddings, (file, result) => (Name: Path.GetFileName(file), result.Value.Vector)).ToArray();

// The request body is the image file; the labels to choose from are in the query string.
app.MapPost("/labels", async (
    [FromQuery] string[] label, HttpRequest request, ClipClient clip, CancellationToken cancellationToken) =>
{
    try
    {
        var image = ClipImage.FromStream(request.Body, "the request body");
        var classification = await clip.ClassifyAsync(
            image, new ClipLabels(label), cancellationToken: cancellationToken);
        return Results.Ok(classification.Predictions.Select(
            prediction => new LabelResponse(prediction.Label, prediction.Probability)));
    }
    catch (ClipClientException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
    {
        // The caller's error, such as a body that is not an image; the server's message says what is wrong.
        return Results.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

app.MapGet("/search", async (string text, ClipClient clip, CancellationToken cancellationToken) =>
{
    var query = await clip.EmbedTextAsync(text, cancellationToken: cancellationToken);
    return index
        .Select(image => new SearchResponse(image.Name, TensorPrimitives.Dot(image.Vector.Span, query.Vector.Span)))
        .OrderByDescending(found => found.Cosine)
        .Take(3);
});

app.Run();

internal sealed record LabelResponse(string Label, float Probability);

internal sealed record SearchResponse(string Image, float Cosine);
