using System.CommandLine;
using System.Globalization;
using ClipGrpc.Cli.Output;
using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Checkpoints;
using ClipGrpc.Models.Graphs.Export;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip convert SOURCE --out DIR</c></summary>
internal sealed class ConvertCommand : Command
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "`demo`, a folder with the files of a checkpoint, or a model of the Hugging Face Hub.",
    };

    private readonly Option<string> _out = new("--out")
    {
        HelpName = "DIR",
        Required = true,
        Description = "Output folder. Created if it does not exist.",
    };

    private readonly PrecisionOption _precision;

    public ConvertCommand(CliConsole console)
        : base("convert", "Export a model's towers as ONNX files for other programs. Does not use a server.")
    {
        Add(_source);
        Add(_out);
        _precision = new PrecisionOption(this, "Precision of the files:");
        SetAction((parsed, cancellationToken) => RunAsync(
            console,
            parsed.GetRequiredValue(_source),
            parsed.GetRequiredValue(_out),
            _precision.Read(parsed),
            cancellationToken));
    }

    private static async Task<int> RunAsync(
        CliConsole console, string source, string output, Precision precision, CancellationToken cancellationToken)
    {
        using var hub = new HubModels(HubSession.ReadOptions(), TimeProvider.System);
        var folder = await DownloadView.WithBarsOrLinesAsync(
            console, progress => new ModelLocator(hub).LocateAsync(source, precision, progress, cancellationToken));
        if (Path.GetFullPath(output) == Path.GetFullPath(folder))
            throw CliException.WrongUse($"--out: {output} is the model's own folder.");
        using var checkpoint = ClipCheckpoint.Open(folder);
        try
        {
            Directory.CreateDirectory(output);
            var towers = ClipExport.Write(checkpoint, folder, ModelName.FromSource(source), precision, output);
            foreach (var tower in towers)
            {
                var size = (tower.Bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
                await console.Out.WriteLineAsync(
                    $"{Path.Combine(output, tower.File)}  {size} MB with {tower.WeightsFile}");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failure, $"{output} cannot be written: {exception.Message}", exception);
        }

        return ExitCode.Success;
    }
}
