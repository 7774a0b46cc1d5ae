using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Files;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip verify [SOURCE]</c>: exit code 1 when a file is not what its hash says.</summary>
internal sealed class VerifyCommand : Command
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Model, as for `clip pull`, or the folder of a snapshot. Default: all models in the cache.",
    };

    private readonly Option<bool> _repair = new("--repair")
    {
        Description = "Download damaged files again from the Hugging Face Hub.",
    };

    public VerifyCommand(CliConsole console)
        : base(
            "verify",
            "Hash the files of cached models again and compare them with the hashes of the Hugging Face Hub. Uses the "
            + "network only with --repair.")
    {
        Add(_source);
        Add(_repair);
        SetAction((parsed, cancellationToken) =>
            RunAsync(console, parsed.GetValue(_source), parsed.GetValue(_repair), cancellationToken));
    }

    private static async Task<int> RunAsync(
        CliConsole console, string? source, bool repairs, CancellationToken cancellationToken)
    {
        var cache = HubSession.ReadOptions().CacheFolder;
        var exitCode = ExitCode.Success;
        foreach (var (name, folder) in Select(source, cache))
        {
            await console.Out.WriteLineAsync(name);
            var files = await DownloadView.WithBarsOnlyAsync(
                console,
                progress => Task.Run(
                    () => SnapshotVerifier.Verify(folder, progress, cancellationToken).ToList(), cancellationToken));
            foreach (var file in files)
                await console.Out.WriteLineAsync($"  {(file.Problem is null ? "ok   " : "WRONG")}  {Show(file)}");
            if (repairs && files.Any(file => file.IsDamaged))
                await RepairAsync(console, folder, files, cancellationToken);
            if (files.Any(file => file.Problem is not null && !(repairs && file.IsDamaged)))
                exitCode = ExitCode.Failure;
        }

        if (exitCode != ExitCode.Success && !repairs)
            await console.Error.WriteLineAsync("clip: `clip verify --repair` downloads the damaged files again.");

        return exitCode;
    }

    private static async Task RepairAsync(
        CliConsole console, string folder, IEnumerable<VerifiedFile> files, CancellationToken cancellationToken)
    {
        var commit = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        var cache = Path.GetFullPath(Path.Combine(folder, "..", "..", ".."));
        if (SnapshotFolder.FindModelId(folder) is not { } id || !HubModelId.TryParse($"{id}@{commit}", out var model))
        {
            throw CliException.WrongUse(
                $"{folder} is not in the folder of a model (models--ORGANIZATION--NAME), "
                + "so its files cannot be downloaded.");
        }

        using var hub = new HubModels(HubSession.ReadOptions() with { CacheFolder = cache }, TimeProvider.System);
        var damaged = files.Where(file => file.IsDamaged).Select(file => file.Name).ToList();
        await DownloadView.WithBarsOrLinesAsync(
            console,
            async progress =>
            {
                await hub.RepairAsync(model, damaged, progress, cancellationToken);
                return damaged.Count;
            });
        foreach (var name in damaged)
            await console.Out.WriteLineAsync($"  fixed  {name}");
    }

    private static string Show(VerifiedFile file) =>
        file.Problem is null ? $"{file.Name} ({HubErrors.Size(file.Size)})" : $"{file.Name}: {file.Problem}";

    private static List<(string Name, string Folder)> Select(string? source, string cache)
    {
        if (source is null)
            return [.. CachedModels.List(cache).Select(model => ($"{model.Id}@{model.Commit}", model.Folder))];

        if (Directory.Exists(source))
        {
            return SnapshotVerifier.IsSnapshot(source)
                ? [(source, Path.GetFullPath(source))]
                : throw CliException.WrongUse(
                    $"{source} is not a snapshot in a Hub cache (…/snapshots/COMMIT), "
                    + "so its expected hashes are unknown.");
        }

        if (ModelLocator.FindHubModel(source) is not { } model)
            throw CliException.WrongUse($"{source} is neither a model of the Hub nor a folder.");
        var layout = new HubCache(cache, model);
        return layout.FindCommit(model) is { } commit
            ? [($"{model.Id}@{commit}", layout.Snapshot(commit))]
            : throw CliException.WrongUse($"{model} is not in {cache}. Download it with `clip pull {model}`.");
    }
}
