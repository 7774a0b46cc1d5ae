using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Client;
using ClipGrpc.Models.Hub;
using Grpc.Core;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The lines to the letter: other programs read them.</summary>
public sealed class JsonLinesTests
{
    private static readonly CliInput Input = CliInput.Text("été <a> \"b\" 🐱");

    private static readonly ClipModel Demo = new() { Name = "demo", Revision = "abc" };

    [Fact]
    public void Write_Classification_KeepsLettersAndHasNullForWhatIsNotFinite() => Assert.Equal(
        Joined("""
            {"input":"été <a> \"b\" \uD83D\uDC31","model":"other","revision":"abc","predictions":
            [{"label":"cat","probability":0.75,"cosine":0.1},{"label":"dog","probability":null,"cosine":null}],
            "error":null}
            """),
        Line(output => JsonLines.Write(output, Input, Demo, new ClipResult<ClipClassification>(
            ClipModelFactory.Classification(
                [
                    new ClipPrediction("cat", 0, 0.75f, 0.1f),
                    new ClipPrediction("dog", 1, float.NaN, float.NegativeInfinity),
                ],
                model: new ClipModelRef("other", ""))))));

    [Fact]
    public void Write_Embedding_HasNullForWhatIsNotFinite() => Assert.Equal(
        """{"input":"a","model":"demo","revision":"def","embedding":[1,-0.5,1E-10,null],"error":null}""" + "\n",
        Line(output => JsonLines.Write(output, CliInput.Text("a"), Demo, new ClipResult<ClipEmbedding>(
            ClipModelFactory.Embedding(
                new[] { 1f, -0.5f, 1e-10f, float.NaN }, model: new ClipModelRef("", "def"))))));

    [Fact]
    public void Write_FailedItem_HasAnEmptyArray()
    {
        var error = new ClipError(StatusCode.InvalidArgument, "broken");

        Assert.Equal(
            """{"input":"a","model":"demo","revision":"abc","embedding":[],"error":"broken"}""" + "\n",
            Line(output => JsonLines.Write(
                output, CliInput.Text("a"), Demo, new ClipResult<ClipEmbedding>(error))));
        Assert.Equal(
            """{"input":"a","model":"demo","revision":"abc","predictions":[],"error":"broken"}""" + "\n",
            Line(output => JsonLines.Write(
                output, CliInput.Text("a"), Demo, new ClipResult<ClipClassification>(error))));
    }

    [Fact]
    public void Write_ServedModel_HasItsPropertiesInOrder()
    {
        var model = new ClipModel
        {
            Name = "demo",
            Source = "s",
            Revision = "abc",
            State = ModelState.Ready,
            IsDefault = true,
            Precision = "fp32",
            Provider = "CPU",
            Device = "cpu",
            Architecture = new ClipModelArchitecture
            {
                EmbeddingDimensions = 512,
                ImageSize = 224,
                ContextLength = 77,
                Activation = "gelu",
                Parameters = 151_000_000,
            },
            Card = new ClipModelCard { License = "mit", ImagenetTop1 = 63.4f },
        };

        Assert.Equal(
            Joined("""
                {"name":"demo","source":"s","revision":"abc","state":"READY","default":true,"precision":"fp32",
                "provider":"CPU","device":"cpu","dimensions":512,"image_size":224,"context_length":77,
                "activation":"gelu","parameters":151000000,"license":"mit","imagenet_top1":63.4}
                """),
            Line(output => JsonLines.Write(output, model)));
        model = model with { Card = null };
        Assert.EndsWith(
            ""","license":"","imagenet_top1":null}""" + "\n", Line(output => JsonLines.Write(output, model)));
    }

    [Fact]
    public void Write_CachedModel_HasItsPropertiesInOrder() => Assert.Equal(
        """{"id":"org/a","commit":"c0","revisions":["main"],"size":5000000000,"weights":null,"folder":"/f"}""" + "\n",
        Line(output => JsonLines.Write(
            output, new CachedModel("org/a", "c0", ["main"], 5_000_000_000, null, "/f"))));

    private static string Joined(string lines) => lines.ReplaceLineEndings("") + "\n";

    private static string Line(Action<TextWriter> write)
    {
        using var output = new StringWriter();
        write(output);
        return output.ToString();
    }
}
