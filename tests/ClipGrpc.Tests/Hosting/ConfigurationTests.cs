using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Sessions;
using ClipGrpc.Server;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Server.Hosting;
using ClipGrpc.Server.Http;
using ClipGrpc.Serving;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Texts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Tests.Hosting;

public sealed class ConfigurationTests
{
    [Fact]
    public void Build_FlagsGiven_ReachTheOptions()
    {
        var flags = ServerCommandLine.Parse(
            ["--max-batch", "7", "--queue-delay", "2.5ms", "--device", "cuda", "--model", "x=demo", "--require-auth",
             "--grpc-port", "6001", "--log-format", "JSON"],
            TextWriter.Null, TextWriter.Null);
        using var app = ServerHost.Build(flags.Settings);

        var batching = app.Services.GetRequiredService<BatchingOptions>();
        Assert.Equal(7, batching.MaxBatchSize);
        Assert.Equal(TimeSpan.FromMilliseconds(2.5), batching.MaxQueueDelay);
        Assert.Equal(DeviceSpec.Cuda, app.Services.GetRequiredService<InferenceOptions>().Device);
        Assert.Equal([new ModelSpec("x", "demo")], app.Services.GetRequiredService<ModelOptions>().Models);
        var server = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        Assert.True(app.Services.GetRequiredService<AccessOptions>().Required);
        Assert.Equal(6001, server.GrpcPort);
        Assert.Equal(LogFormat.Json, server.LogFormat);
    }

    [Fact]
    public void Build_NothingGiven_HasTheDocumentedDefaults()
    {
        using var app = ServerHost.Build([]);

        var server = app.Services.GetRequiredService<ServerOptions>();
        Assert.Equal(("localhost", 50051, 8080), (server.Host, server.GrpcPort, server.HttpPort));
        Assert.Equal(32 * 1024 * 1024, server.MaxMessageBytes);
        Assert.Null(server.AdminSocket);
        Assert.False(app.Services.GetRequiredService<AccessOptions>().Required);
        Assert.Equal("demo", Assert.Single(app.Services.GetRequiredService<ModelOptions>().Models).Source);
    }

    [Theory]
    [InlineData("cpu", null, 1)]
    [InlineData("cuda", null, 2)]
    [InlineData("cuda", "1", 1)]
    public void Build_Device_SaysHowManyBatchesAreInFlight(string device, string? workers, int expected)
    {
        var settings = new Dictionary<string, string?> { ["Clip:Inference:Device"] = device };
        if (workers is not null)
            settings["Clip:Batching:Workers"] = workers;
        using var app = ServerHost.Build(settings);

        Assert.Equal(expected, app.Services.GetRequiredService<BatchingOptions>().Workers);
    }

    [Fact]
    public void Build_CudaGraphsOnTheCpu_IsAnError() => Assert.Contains(
        "requires the device cuda",
        Assert.Single(FindErrors(new() { ["Clip:Inference:CudaGraphs"] = "true" })), StringComparison.Ordinal);

    [Fact]
    public void Build_ErrorsInManySections_NamesEachByKeyFlagAndVariable()
    {
        var errors = FindErrors(new()
        {
            ["Clip:Server:GrpcPort"] = "99999",
            ["Clip:Access:Required"] = "perhaps",
            ["Clip:Batching:MaxBatchSize"] = "0",
            ["Clip:Inference:Device"] = "abacus",
            ["Clip:Limits:MaxInputs"] = "many",
            ["Clip:Preprocess:QueueCapacity"] = "-1",
            ["Clip:Models"] = "a=x;a=y",
        });

        Assert.Equal(7, errors.Count);
        Assert.Contains(
            "--grpc-port must be from 0 to 65535, but is 99999 (Clip:Server:GrpcPort, Clip__Server__GrpcPort)", errors);
        Assert.Contains(errors, text => text.StartsWith("--max-batch ", StringComparison.Ordinal));
        Assert.Contains(
            errors, text => text.Contains("the provider 'abacus', which is not configured", StringComparison.Ordinal));
        Assert.Contains(errors, text => text.StartsWith("Clip:Limits:MaxInputs ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Clip:Server:HttpPort", "50051", "must differ from --grpc-port")]
    [InlineData("Clip:Server:Host", "example.org", "IP address of this machine")]
    [InlineData("Clip:Server:GrpcListen", "run/clip.sock", "must be unix: followed by an absolute path")]
    [InlineData("Clip:Server:AdminSocket", "admin.sock", "must be an absolute path")]
    [InlineData("Clip:Access:AnonymousRoles", "infer,admin", "\"admin\" is not a role")]
    [InlineData("Clip:Tls:Certificate", "cert.pem", "must be set together")]
    [InlineData("Clip:Tls:ClientCa", "ca.pem", "requires --tls-cert")]
    [InlineData("Clip:Server:GrpcPrt", "1", "did you mean GrpcPort?")]
    [InlineData("Clip:Srver:GrpcPort", "1", "did you mean Server?")]
    [InlineData("Clip:Limits", "1", "is a section and cannot have a value")]
    [InlineData("Clip:Server:GrpcPort:0", "1", "single value")]
    [InlineData("Clip:Limits:MaxImagePixels", "0", "from 1 to 268435456")]
    [InlineData("Clip:Batching:MaxQueueDelay", "11s", "from 0 to 10s, but is 11s")]
    [InlineData(
        "Clip:Inference:TextLengths", "8,0",
        "Clip:Inference:TextLengths must contain lengths of at least 1, but has 0")]
    [InlineData("Clip:Inference:TextLengths:0", "x", "Clip:Inference:TextLengths:0 must be an integer")]
    [InlineData("Clip:Http:CorsOrigins", "*", "has '*'")]
    [InlineData("Clip:Http:CorsOrigins", "https://a.example/", "has 'https://a.example/'")]
    [InlineData("Clip:Http:CorsOrigins", "https://*.example.com", "has 'https://*.example.com'")]
    [InlineData("Clip:Http:CorsOrigins", "https://App.example", "has 'https://App.example'")]
    [InlineData("Clip:Http:CorsOrigins", "https://a.example:443", "has 'https://a.example:443'")]
    [InlineData("Clip:Http:CorsOrigins", "null", "has 'null'")]
    public void Build_WrongSetting_IsExplained(string key, string value, string part) =>
        Assert.Contains(part, Assert.Single(FindErrors(new() { [key] = value })));

    [Fact]
    public void Build_PageWithoutGrpcWeb_IsAnErrorOnlyIfAskedFor()
    {
        var withoutIt = new Dictionary<string, string?> { ["Clip:Http:GrpcWeb"] = "false" };
        using var app = ServerHost.Build(withoutIt);

        Assert.False(app.Services.GetRequiredService<HttpOptions>().ServesPage());
        var error = Assert.Throws<ConfigurationException>(
            () => ServerHost.Build(withoutIt.Append(new("Clip:Http:Page", "true"))));
        Assert.Contains("Clip:Http:GrpcWeb", error.Message);
    }

    [Fact]
    public void Build_FreePortsAndOverriddenOptions_AreAllowed()
    {
        using var app = ServerHost.Build(
            new Dictionary<string, string?> { ["Clip:Server:GrpcPort"] = "0", ["Clip:Server:HttpPort"] = "0" },
            builder => builder.Services.Configure<LimitOptions>(limits => limits.MaxInputs = 3));

        Assert.Equal(3, app.Services.GetRequiredService<LimitOptions>().MaxInputs);
    }

    [Fact]
    public void Build_TextCache_IsASection()
    {
        using var app = ServerHost.Build(new Dictionary<string, string?> { ["Clip:TextCache:MaxBytes"] = "0" });
        Assert.Equal(0, app.Services.GetRequiredService<IOptions<TextCacheOptions>>().Value.MaxBytes);
    }

    [Fact]
    public void Bind_NullInAFile_MeansNotGiven()
    {
        using var json = new MemoryStream("""{"Clip":{"Server":{"GrpcPort":null,"Host":"::1"}}}"""u8.ToArray());
        var configuration = new ConfigurationBuilder().AddJsonStream(json).Build();
        var errors = new SettingErrors();

        var options = new ServerOptions();
        SectionBinder.Bind(configuration.GetSection("Clip:Server"), options, errors);

        Assert.Empty(errors);
        Assert.Equal((50051, "::1"), (options.GrpcPort, options.Host));
    }

    [Fact]
    public void Build_ListOfValues_ReplacesTheDefault()
    {
        using var list = ServerHost.Build(new Dictionary<string, string?>
        {
            ["Clip:Inference:TextLengths:0"] = "16",
            ["Clip:Inference:TextLengths:1"] = "77",
        });
        using var line = ServerHost.Build(
            new Dictionary<string, string?> { ["Clip:Inference:TextLengths"] = "16, 77" });

        Assert.Equal([16, 77], list.Services.GetRequiredService<InferenceOptions>().TextLengths!);
        Assert.Equal([16, 77], line.Services.GetRequiredService<InferenceOptions>().TextLengths!);
    }

    [Fact]
    public void Build_DevicesPrecisionsAndProviders_AreThoseOfEachModel()
    {
        var flags = ServerCommandLine.Parse(
            ["--model", "a=demo", "--model", "b=demo", "--provider", "ov=/lib/one;two.so", "--device", "ov:cpu",
             "--device", "b=cpu", "--precision", "bf16", "--precision", "b=int8"],
            TextWriter.Null, TextWriter.Null);
        using var app = ServerHost.Build(new Dictionary<string, string?>(flags.Settings)
        {
            ["Clip:Inference:ProviderOptions:ov:NUM_STREAMS"] = "2",
        });

        var options = app.Services.GetRequiredService<InferenceOptions>();
        Assert.Equal("/lib/one;two.so", options.Providers["OV"]);
        Assert.Equal("2", options.ProviderOptions["ov"]["NUM_STREAMS"]);
        var (a, b) = (options.For("a"), options.For("b"));
        Assert.Equal(("ov:cpu", Precision.Bf16), (a.Device.ToString(), a.Precision));
        Assert.Equal(("cpu", Precision.Int8), (b.Device.ToString(), b.Precision));
        var loaded = options.For("b", DeviceSpec.OfPlugin("ov"), Precision.Fp32);
        Assert.Equal(("ov", Precision.Fp32), (loaded.Device.ToString(), loaded.Precision));
    }

    [Fact]
    public void Build_ProvidersByNameInAFile_AreTaken()
    {
        using var app = ServerHost.Build(new Dictionary<string, string?>
        {
            ["Clip:Inference:Providers:ov"] = "/lib/ov.so",
            ["Clip:Inference:Device:0"] = "ov:npu:1",
        });

        var options = app.Services.GetRequiredService<InferenceOptions>();
        Assert.Equal("/lib/ov.so", options.Providers["ov"]);
        Assert.Equal("ov:npu:1", options.Device.ToString());
    }

    [Theory]
    [InlineData("Clip:Inference:Device", "ov:tpu", "must be cpu, cuda or PROVIDER[:cpu|gpu|npu[:INDEX]], but is")]
    [InlineData("Clip:Inference:Device", "cpu;cuda", "has two values for all models")]
    [InlineData("Clip:Inference:Device", "demo=cpu;demo=cuda", "has two values for the model 'demo'")]
    [InlineData("Clip:Inference:Device", "nope=cpu", "the model 'nope', which is not served; the models are demo")]
    [InlineData("Clip:Inference:Device", "demo=ov", "uses the provider 'ov', which is not configured")]
    [InlineData("Clip:Inference:Precision", "fp12", "must be one of fp32, fp16, bf16, int8, but is 'fp12'")]
    [InlineData("Clip:Inference:Precision", "nope=fp16", "names the model 'nope'")]
    [InlineData("Clip:Inference:Providers", "ov", "must be NAME=PATH")]
    [InlineData("Clip:Inference:Providers", "cpu=/x", "has the name 'cpu'")]
    [InlineData("Clip:Inference:Providers", "ov=/x;OV=/y", "has two libraries")]
    [InlineData("Clip:Inference:ProviderOptions:ov:X", "1", "options of the provider 'ov', which is not configured")]
    [InlineData("Clip:Inference:Devic", "cpu", "did you mean Device?")]
    public void Build_WrongDeviceSetting_IsExplained(string key, string value, string part) =>
        Assert.Contains(part, Assert.Single(FindErrors(new() { [key] = value })));

    private static List<string> FindErrors(Dictionary<string, string?> settings)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ServerHost.Build(settings));
        Assert.All(exception.Errors, error => Assert.Contains(error.ToString(), exception.Message));
        return [.. exception.Errors.Select(error => error.ToString())];
    }
}
