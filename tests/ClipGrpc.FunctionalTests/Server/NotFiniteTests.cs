using System.Buffers.Binary;
using System.Text.Json;
using ClipGrpc.TestSupport;
using ClipGrpc.V1;
using Grpc.Core;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Server;

/// <summary>Numbers that are not finite never leave the server.</summary>
public sealed class NotFiniteTests
{
    [Fact(Timeout = 60_000)]
    public async Task Embed_OneEmbeddingIsNotFinite_IsThatItemsErrorAndIsNotCached()
    {
        await using var server = await GatedServer.StartAsync();
        var request = new EmbedRequest { Inputs = { Sentence("spoiled"), new Input { Image = Image([1, 2, 3]) } } };
        server.Encoders.Spoil(batches: 1);

        var response = await server.Clip.EmbedAsync(request, Limited());

        Assert.Equal((int)StatusCode.Internal, response.Results[0].Error.Code);
        Assert.StartsWith("inputs[0].text: ", response.Results[0].Error.Message);
        Assert.Equal((int)StatusCode.InvalidArgument, response.Results[1].Error.Code);
        var metrics = await server.Server.Http.GetStringAsync("/metrics");
        Assert.Contains("clip_item_errors_total{reason=\"internal\"} 1\n", metrics);

        // The text was not kept: it is embedded again.
        var again = await server.Clip.EmbedAsync(request, Limited());
        Assert.All(Values(again.Results[0]), value => Assert.True(float.IsFinite(value)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Rank_QueryIsNotFinite_FailsTheCall()
    {
        await using var server = await GatedServer.StartAsync();
        server.Encoders.Spoil(batches: 2);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Clip.RankAsync(
            new RankRequest { Query = Sentence("query"), Candidates = { ImageInput("cat.jpg") } }, Limited()));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task CreateLabelSet_OneSentenceIsNotFinite_MakesNoSet()
    {
        await using var server = await GatedServer.StartAsync();
        var request = new CreateLabelSetRequest { LabelSet = Labels("cat", "dog") };
        server.Encoders.Spoil(batches: 1);

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Clip.CreateLabelSetAsync(request, Limited()));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Equal(2u, (await server.Clip.CreateLabelSetAsync(request, Limited())).LabelCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task LoadModel_WeightsAreNotNumbers_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var demo = Path.Combine(AppContext.BaseDirectory, "models", "demo");
        foreach (var file in Directory.GetFiles(demo))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        FillWithNaN(Path.Combine(folder.Path, "open_clip_model.safetensors"), "visual.proj");
        await using var server = await RunningServer.StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Models.LoadModelAsync(
            new LoadModelRequest { Source = folder.Path, Name = "damaged" }, Limited()));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("not finite", error.Status.Detail);
        var list = await server.Models.ListModelsAsync(new ListModelsRequest(), Limited());
        Assert.Equal("demo", Assert.Single(list.Models).Name);
    }

    /// <summary>All bits set are NaN in every floating-point type.</summary>
    private static void FillWithNaN(string safetensors, string tensor)
    {
        var bytes = File.ReadAllBytes(safetensors);
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, header));
        var range = json.RootElement.GetProperty(tensor).GetProperty("data_offsets");
        var (start, end) = (range[0].GetInt32(), range[1].GetInt32());
        bytes.AsSpan(8 + header + start, end - start).Fill(0xFF);
        File.WriteAllBytes(safetensors, bytes);
    }
}
