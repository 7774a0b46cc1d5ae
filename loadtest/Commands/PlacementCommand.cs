using System.CommandLine;
using ClipGrpc.LoadTest.Devices;
using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.Models.Sessions;
using Spectre.Console;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>placement --model M --device D</c>: where the runtime runs each kind of node.</summary>
internal sealed class PlacementCommand : Command
{
    private const string ProfileFolderKey = "Clip:Inference:ProfileFolder";
    private const int Runs = 3;

    private readonly ModelOptions _model;

    private readonly Option<int> _batch = new("--batch")
    {
        HelpName = "N",
        Description = "Inputs per forward pass.",
        DefaultValueFactory = _ => 8,
    };

    public PlacementCommand()
        : base(
            "placement",
            "List which device runs each kind of node. The exit code is 1 if arithmetic runs on another device.")
    {
        _model = new ModelOptions(this);
        _batch.Require(batch => batch is > 0 and <= RawModel.LargestBatch, "is 1 to 1024.");
        Add(_batch);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var profiles = new ScratchFolder("profile");
        var settings = _model.Settings(parsed);
        settings[ProfileFolderKey] = profiles.Path;
        var options = ModelSettings.Inference(settings);
        var folder = await ModelSettings.LocateAsync(
            _model.Model(parsed), options.Precision, TimeProvider.System, cancellationToken);
        RunTowers(folder, options, parsed.GetValue(_batch));
        var placements = Directory.EnumerateFiles(profiles.Path)
            .Order(StringComparer.Ordinal).SelectMany(ReadProfile).ToList();
        return Report(placements, ExecutionDevice.Resolve(options).Provider) ? 0 : 1;
    }

    private static void RunTowers(string folder, InferenceOptions options, int batch)
    {
        using var package = ModelSettings.Open(folder, options);
        var size = package.Config.Image.Size;
        ReadOnlyMemory<byte> image = new byte[size * size * 3];
        ReadOnlyMemory<int> text = Enumerable.Range(0, package.Config.ContextLength / 2).ToArray();
        Run(package.CreateImageEncoder(options, batch), image, batch);
        Run(package.CreateTextEncoder(options, batch), text, batch);
    }

    // The profile is complete when the session has ended.
    private static void Run<T>(IEncoder<T> encoder, T input, int batch)
    {
        using (encoder)
        {
            for (var i = 0; i < Runs; i++)
            {
                encoder.Encode(
                    Enumerable.Repeat(input, batch).ToArray(), new float[batch * encoder.Dimensions], new float[batch]);
            }
        }
    }

    private static IReadOnlyList<NodePlacement> ReadProfile(string path)
    {
        using var stream = File.OpenRead(path);
        return NodePlacement.Read(stream);
    }

    private static bool Report(List<NodePlacement> placements, string provider)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("node").AddColumn("provider")
            .AddColumn(new TableColumn("nodes").RightAligned()).AddColumn(new TableColumn("ms per run").RightAligned());
        foreach (var kind in placements.GroupBy(placement => (placement.Operator, placement.Provider)))
        {
            var time = kind.Sum(placement => placement.Time.TotalMilliseconds) / Runs;
            table.AddRow(
                kind.Key.Operator, kind.Key.Provider, $"{kind.Sum(placement => placement.Nodes)}",
                LoadTable.Number(time));
        }

        Screen.Create().Write(table);
        var heavy = placements.Where(placement => placement.IsHeavy).ToList();
        var astray = heavy.Where(placement => placement.Provider != provider).Select(placement => placement.Operator)
            .ToList();
        Console.WriteLine(astray.Count == 0 && heavy.Count > 0
            ? $"placement: all {heavy.Sum(placement => placement.Nodes)} heavy nodes run on {provider}: yes"
            : $"placement: all heavy nodes run on {provider}: NO ({string.Join(", ", astray.Distinct())})");
        return astray.Count == 0 && heavy.Count > 0;
    }
}
