using System.Xml.Linq;
using ClipGrpc.Cli.Evaluation;
using ClipGrpc.Client;

namespace ClipGrpc.FunctionalTests.Cli;

public sealed class ConfusionImageTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Write_FewClasses_NamesAllAndCountsInTheCells()
    {
        var scores = new Scoreboard([1, 0, 0, 1], 2);
        for (var i = 0; i < 7; i++)
            scores.Add(0, [1, 0]);
        scores.Add(0, [0, 1]);
        scores.Add(1, [0, 1]);

        var svg = Draw(scores, ["cat & <dog>", "c\u0001r 🐱"], out _);

        var texts = svg.Descendants(Svg + "text").Select(text => text.Value).ToList();
        Assert.Equal(3, texts.Count(text => text is "cat & <dog>" or "cat & <dog> → c?r 🐱"));
        Assert.Equal(2, texts.Count(text => text == "c?r 🐱"));
        Assert.Contains("1 (13 %)", texts);
        Assert.Equal(["7", "1", "1"], texts.Where(text => text.Length == 1));
    }

    [Fact]
    public void Write_ThousandClasses_StaysSmallAndReadable()
    {
        const int classes = 1000, dimensions = 48, imagesEach = 10;
        var random = new Random(1);
        var embeddings = new float[classes * dimensions];
        for (var i = 0; i < embeddings.Length; i++)
            embeddings[i] = (float)(random.NextDouble() - 0.5);
        var scores = new Scoreboard(embeddings, classes);
        var image = new float[dimensions];
        for (var i = 0; i < classes * imagesEach; i++)
        {
            for (var d = 0; d < dimensions; d++)
                image[d] = embeddings[i / imagesEach * dimensions + d] + 1.8f * (float)(random.NextDouble() - 0.5);
            scores.Add(i / imagesEach, image);
        }

        string[] labels = [.. Enumerable.Range(1, classes).Select(i => $"a class with the name {i}")];
        var svg = Draw(scores, labels, out var length);

        Assert.InRange(scores.Top1!.Value, 0.3, 0.95);
        Assert.InRange(length, 10_000, 1_000_000);
        Assert.InRange(svg.Descendants().Count(), 50, 500);
        Assert.InRange(double.Parse(svg.Root!.Attribute("width")!.Value), 1000, 2500);
        Assert.Equal(2, svg.Descendants(Svg + "text").Count(text => text.Value.StartsWith("41 a class")));
    }

    [Fact]
    public void Write_NothingEvaluated_SaysSo()
    {
        var svg = Draw(new Scoreboard([1, 0, 0, 1], 2), ["a", "b"], out _);

        Assert.Contains("nothing was evaluated", svg.Root!.Value);
        Assert.Contains("No class was confused with another.", svg.Root.Value);
    }

    private static XDocument Draw(Scoreboard scores, string[] labels, out long length)
    {
        var classes = labels.Select((label, i) => new EvaluationClass($"{i}", [label])).ToList();
        using var stream = new MemoryStream();
        ConfusionImage.Write(stream, new EvaluationResult
        {
            Model = new ClipModel { Name = "demo" },
            Images = "images",
            Templates = TemplateList.Read("simple-7"),
            Classes = classes,
            Folder = new ImageFolder([], [], []),
            Scores = scores,
            Reused = 0,
            Errors = [],
        });
        length = stream.Length;
        stream.Position = 0;
        return XDocument.Load(stream);
    }
}
