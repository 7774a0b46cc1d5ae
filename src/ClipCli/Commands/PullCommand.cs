using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Models;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip pull SOURCE...</c>: prints the folder of each model.</summary>
internal sealed class PullCommand : Command
{
    private readonly Argument<string[]> _sources = new("SOURCE")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Model id of the Hugging Face Hub, organization/name[@revision], or an OpenCLIP name such as "
            + "ViT-B-32/laion2b_s34b_b79k.",
    };

    private readonly PrecisionOption _precision;

    public PullCommand(CliConsole console)
        : base("pull", "Download models from the Hugging Face Hub to the cache, verify them and print their folders.")
    {
        Add(_sources);
        _precision = new PrecisionOption(
            this, "Precision of the towers to download from pre-exported ONNX models (those without a checkpoint):");
        SetAction((parsed, cancellationToken) =>
            RunAsync(console, parsed.GetRequiredValue(_sources), _precision.Read(parsed), cancellationToken));
    }

    private static async Task<int> RunAsync(
        CliConsole console, string[] sources, Precision precision, CancellationToken cancellationToken)
    {
        using var hub = new HubModels(HubSession.ReadOptions(), TimeProvider.System) { VerifiesCachedFiles = true };
        var locator = new ModelLocator(hub);
        foreach (var source in sources)
        {
            var folder = await DownloadView.WithBarsOrLinesAsync(
                console, progress => locator.LocateAsync(source, precision, progress, cancellationToken));
            await console.Out.WriteLineAsync(folder);
        }

        return ExitCode.Success;
    }
}
