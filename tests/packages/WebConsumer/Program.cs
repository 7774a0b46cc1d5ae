using ClipGrpc.Client;
using Microsoft.Extensions.AI;

// A web service over the packed client: WebConsumer ADDRESS. Calls itself once, prints the response, and ends.

var builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddClipClient("photos", options => options.Addresses.Add(args[0]));
builder.Services.AddClipEmbeddingGenerator("photos").UseLogging();
await using var app = builder.Build();
app.MapGet("/similarity", async (
    string first,
    string second,
    [FromKeyedServices("photos")] IEmbeddingGenerator<string, Embedding<float>> texts) =>
{
    var embeddings = await texts.GenerateAsync([first, second]);
    return embeddings[0].Vector.Span.SequenceEqual(embeddings[1].Vector.Span) ? "same" : "different";
});
await app.StartAsync();
using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
Console.WriteLine(await http.GetStringAsync("/similarity?first=a+dog&second=a+dog"));
Console.WriteLine(await http.GetStringAsync("/similarity?first=a+dog&second=a+pizza"));
await app.StopAsync();
