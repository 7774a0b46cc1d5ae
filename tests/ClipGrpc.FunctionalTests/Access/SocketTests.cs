using System.Net.Sockets;
using ClipGrpc.FunctionalTests.Server;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Net.Client;
using static ClipGrpc.TestSupport.Make;

namespace ClipGrpc.FunctionalTests.Access;

/// <summary>Unix domain sockets, and what is allowed over them and not over a port.</summary>
public sealed class SocketTests : IDisposable
{
    private readonly TestCredentials _credentials = new();

    private string Socket => _credentials.SocketFile;

    public void Dispose() => _credentials.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task LoadModel_OverTheAdminSocketOnly_IsAllowed()
    {
        await using var server = await StartAsync(new() { ["Clip:Server:AdminSocket"] = Socket });
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));

        var request = new LoadModelRequest { Source = "demo", Name = "other" };
        var refused = await RefusedAsync(server.Models, request);
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Contains("--admin-socket", refused.Status.Detail);

        using var channel = Connect(Socket);
        var admin = new ModelService.ModelServiceClient(channel);
        Assert.Equal("other", (await admin.LoadModelAsync(request, Limited())).Name);
        await admin.UnloadModelAsync(new UnloadModelRequest { Name = "other" }, Limited());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("x-forwarded-for", "127.0.0.1")]
    [InlineData("forwarded", "for=127.0.0.1")]
    [InlineData("x-real-ip", "::1")]
    public async Task LoadModel_FromLoopbackWithAnyForwardingHeader_IsRefused(string header, string value)
    {
        await using var server = await StartAsync([]);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Models.UnloadModelAsync(
            new UnloadModelRequest { Name = "demo" }, Limited().WithHeaders(new Metadata { { header, value } })));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_OverASocket_IsAnsweredAndLoadModelIsNot()
    {
        await using var server = await StartAsync(new() { ["Clip:Server:GrpcListen"] = $"unix:{Socket}" });
        using var channel = Connect(Socket);
        var response = await new ClipService.ClipServiceClient(channel).EmbedAsync(
            new EmbedRequest { Inputs = { new Input { Text = "a" } } }, Limited());
        Assert.Single(response.Results);
        var refused = await RefusedAsync(
            new ModelService.ModelServiceClient(channel), new LoadModelRequest { Source = "demo", Name = "other" });
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_SocketOfAKilledProcess_IsReplaced()
    {
        var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(Socket));
        File.Move(Socket, $"{Socket}.left");
        left.Dispose(); // removes the file of its name only
        File.Move($"{Socket}.left", Socket);

        await using var server = await StartAsync(new() { ["Clip:Server:AdminSocket"] = Socket });
        using var channel = Connect(Socket);
        Assert.Single((await new ModelService.ModelServiceClient(channel).ListModelsAsync(
            new ListModelsRequest(), Limited())).Models);
    }

    [Fact(Timeout = 60_000)]
    public async Task Start_RegularFileInTheWay_IsAnErrorAndTheFileStays()
    {
        await File.WriteAllTextAsync(Socket, "precious", TestContext.Current.CancellationToken);
        var exception = await Assert.ThrowsAnyAsync<IOException>(
            () => StartAsync(new() { ["Clip:Server:AdminSocket"] = Socket }));
        Assert.Contains("is a regular file", exception.Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(Socket, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task LoadModel_SourceThatIsNotAllowed_IsRefusedAlikeWhetherItIsThereOrNot()
    {
        var folder = Path.GetDirectoryName(Socket)!;
        await using var server = await StartAsync(new()
        {
            ["Clip:Access:AnonymousRoles"] = "models:write",
            ["Clip:Access:ModelFolders"] = folder,
            ["Clip:Access:ModelOrganizations"] = "laion",
        });
        var details = new List<string>();
        foreach (var source in new[] { "/etc", "/no/such/folder", "openai/clip-vit-base-patch16", $"{folder}/../x" })
        {
            var refused = await RefusedAsync(server.Models, new LoadModelRequest { Source = source, Name = "x" });
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
            details.Add(refused.Status.Detail);
        }

        Assert.Single(details.Distinct());
        var allowed = await RefusedAsync(
            server.Models, new LoadModelRequest { Source = $"{folder}/missing", Name = "x" });
        Assert.Equal(StatusCode.NotFound, allowed.StatusCode);
    }

    // The other tests' servers let everybody do everything.
    private static async Task<RunningServer> StartAsync(Dictionary<string, string?> settings)
    {
        settings.TryAdd("Clip:Access:AnonymousRoles", "infer,models:read");
        return await RunningServer.StartAsync(settings);
    }

    private static Task<RpcException> RefusedAsync(ModelService.ModelServiceClient client, LoadModelRequest request) =>
        Assert.ThrowsAsync<RpcException>(async () => await client.LoadModelAsync(request, Limited()));

    private static GrpcChannel Connect(string path) => RunningServer.Connect(new Uri(path));
}
