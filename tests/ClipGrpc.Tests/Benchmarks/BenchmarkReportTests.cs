using System.Text.Json;
using ClipGrpc.Server.Benchmarks;

namespace ClipGrpc.Tests.Benchmarks;

public sealed class BenchmarkReportTests
{
    private static readonly (Candidate Candidate, BenchmarkRow Row)[] Measured =
    [
        Rows.Measured(Candidate.Default, 25, 1), Rows.Refused(Rows.Int8, "The file\nis damaged."),
        Rows.Measured(Rows.Bf16, 175.4, 0.99951),
    ];

    private static readonly BenchmarkReport Report = new(
        "clip-b32", "A Processor", ["AMX", "VNNI"], 2, "1.31.1", [.. Measured.Select(each => each.Row)],
        Recommendation.Of(Measured, Rows.Providers));

    [Fact]
    public void Render_Rows_AreAlignedUnderTheirHeadings()
    {
        var lines = BenchmarkTable.Render(Report).Split(Environment.NewLine);

        Assert.Equal("clip-b32 on A Processor (AMX, VNNI), 2 cores, ONNX Runtime 1.31.1", lines[0]);
        string[] table =
        [
            "device        precision  images/s   raw  texts/s of 10  raw  texts/s of 77   raw    ms  MiB  peak  start s"
            + "   cosine",
            "cpu           fp32           25.0  50.0            400  501           40.3  50.0  45.6  500   800      2.3"
            + "  1.00000",
            "cpu           int8       not available: The file is damaged.",
            "openvino:cpu  bf16            175   351            400  501           40.3  50.0  45.6  500   800      2.3"
            + "  0.99951",
        ];
        Assert.Equal(table, lines[2..6]);
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void Render_Recommendation_CanBePastedIntoAShell()
    {
        var text = BenchmarkTable.Render(Report);

        Assert.Contains(
            "Recommended flags: --precision bf16 --device openvino:cpu --provider \"openvino=/opt/open vino.so\"",
            text);
        Assert.Contains(Report.Recommendation!.Reason, text);
    }

    [Fact]
    public void Render_NothingMeasured_SaysThatThereIsNoRecommendation()
    {
        var rows = new[] { Rows.Refused(Candidate.Default, new string('x', 1000)) };
        var report = Report with
        {
            Candidates = [rows[0].Row],
            Recommendation = Recommendation.Of(rows, Rows.Providers),
        };

        var text = BenchmarkTable.Render(report);

        Assert.Contains("No recommendation: the default, fp32 on cpu, could not be measured.", text);
        Assert.All(text.Split(Environment.NewLine), line => Assert.InRange(line.Length, 0, 220));
    }

    [Fact]
    public void Json_Report_HasEveryNumberUnderItsName()
    {
        var json = JsonSerializer.SerializeToElement(Report, BenchmarkJson.Default.BenchmarkReport);

        Assert.Equal(["AMX", "VNNI"], json.GetProperty("features").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(0.999, json.GetProperty("exact_enough_cosine").GetDouble());
        var row = json.GetProperty("candidates")[2];
        Assert.Equal("openvino:cpu", row.GetProperty("device").GetString());
        Assert.Equal(175.4, row.GetProperty("images_per_second").GetDouble());
        Assert.Equal(40.25, row.GetProperty("texts")[1].GetProperty("texts_per_second").GetDouble());
        Assert.True(row.GetProperty("is_exact_enough").GetBoolean());
        Assert.Equal("The file\nis damaged.", json.GetProperty("candidates")[1].GetProperty("refused").GetString());
        Assert.Equal("--precision", json.GetProperty("recommendation").GetProperty("flags")[0].GetString());
    }

    [Fact]
    public void Row_Embeddings_HasTheLowestCosine()
    {
        float[][] reference = [[1, 0], [0, 1]];
        var measured = new Measurement
        {
            Provider = "CPU",
            ImagesPerSecond = 1,
            RawImagesPerSecond = 1,
            Texts = [],
            OneImageMilliseconds = 1,
            LoadedBytes = 1,
            PeakBytes = 1,
            Embeddings = [[1, 0], [0.6f, 0.8f]],
        };

        var row = BenchmarkRow.Of(Rows.Int8, measured, TimeSpan.FromSeconds(1), reference);
        var alone = BenchmarkRow.Of(Rows.Int8, measured, TimeSpan.FromSeconds(1), reference: null);

        Assert.Equal(0.8, row.LowestCosine!.Value, 6);
        Assert.False(row.IsExactEnough);
        Assert.Null(alone.LowestCosine);
        Assert.False(alone.IsExactEnough);
    }
}
