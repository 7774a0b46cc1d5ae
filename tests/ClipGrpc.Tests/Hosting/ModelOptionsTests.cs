using ClipGrpc.Models.Catalog;
using ClipGrpc.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace ClipGrpc.Tests.Hosting;

public sealed class ModelOptionsTests
{
    [Fact]
    public void Read_NothingGiven_IsTheDemoModel()
    {
        var (models, errors) = Read([]);

        Assert.Equal([new ModelSpec("demo", "demo")], models);
        Assert.Empty(errors);
    }

    [Fact]
    public void Read_Line_TakesNamesAndSources()
    {
        var (models, errors) = Read(new() { ["Clip:Models"] = "demo; b32=laion/CLIP@main ; ./models/a=b" });

        Assert.Empty(errors);
        Assert.Equal(
            [new ModelSpec("demo", "demo"), new("b32", "laion/CLIP@main"), new("a-b", "./models/a=b")], models);
    }

    [Fact]
    public void Read_List_TakesObjectsAndText()
    {
        var (models, errors) = Read(new()
        {
            ["Clip:Models:0:Name"] = "big",
            ["Clip:Models:0:Source"] = "/data/big",
            ["Clip:Models:1:Source"] = "/data/Small model/",
            ["Clip:Models:2"] = "x=demo",
        });

        Assert.Empty(errors);
        Assert.Equal(
            [new ModelSpec("big", "/data/big"), new("Small-model", "/data/Small model/"), new("x", "demo")], models);
    }

    [Fact]
    public void Read_LineOverList_ReplacesTheList()
    {
        var (models, _) = Read(new()
        {
            ["Clip:Models:0:Source"] = "first",
            ["Clip:Models:1:Source"] = "second",
            ["Clip:Models"] = SettingList.Join(["third"]),
        });

        Assert.Equal([new ModelSpec("third", "third")], models);
    }

    [Theory]
    [InlineData("Clip:Models", "a=x;a=y", "'a' 2 times")]
    [InlineData("Clip:Models", "a=", "no source")]
    [InlineData("Clip:Models", "=demo", "has the name ''")]
    [InlineData("Clip:Models", "-a=demo", "has the name '-a'")]
    [InlineData("Clip:Models", "ä=demo", "has the name 'ä'")]
    [InlineData("Clip:Models", ";", "contains no model")]
    [InlineData("Clip:Models", "\n", "no source")]
    [InlineData("Clip:Models:0:Name", "a", "no source")]
    [InlineData("Clip:Models:0:Soruce", "a", "did you mean Source?")]
    public void Read_WrongValue_IsAnError(string key, string value, string part)
    {
        var (_, errors) = Read(new() { [key] = value });

        Assert.Contains(errors, error => error.Problem.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_TooManyModels_IsAnError()
    {
        var (_, errors) = Read(
            new() { ["Clip:Models"] = string.Join(';', Enumerable.Range(0, 65).Select(i => $"m{i}=demo")) });

        Assert.Contains("the maximum is 64", Assert.Single(errors).Problem);
    }

    [Theory]
    [InlineData("demo", "demo")]
    [InlineData("laion/CLIP-ViT-B-32@abc", "laion/CLIP-ViT-B-32")]
    [InlineData("./a/../b", "b")]
    [InlineData("/", "model")]
    [InlineData("über", "ber")]
    public void FromSource_AnySource_IsAValidName(string source, string name)
    {
        Assert.Equal(name, ModelName.FromSource(source));
        Assert.True(ModelName.IsValid(name));
    }

    private static (IReadOnlyList<ModelSpec> Models, SettingErrors Errors) Read(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var options = new ModelOptions();
        var errors = new SettingErrors();
        ModelOptions.Read(configuration.GetSection("Clip:Models"), options, errors);
        return (options.Models, errors);
    }
}
