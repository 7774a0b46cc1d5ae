using System.CommandLine;
using ClipGrpc.Cli.Output;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip verify [SOURCE]</c>: exit code 1 when a file is not what its hash says.</summary>
internal sealed class VerifyCommand : Command
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "A model as `clip pull` takes it, or a snapshot's folder. All of the cache where it is left out.",
    };

    public VerifyCommand(CliConsole console)
        : base(
            "verify", "Hash the files of cached models again and compare them with what the Hub said. Asks no server.")
    {
        Add(_source);
        SetAction((parsed, cancellationToken) => RunAsync(console, parsed.GetValue(_source), cancellationToken));
    }

    private static async Task<int> RunAsync(CliConsole console, string? source, CancellationToken cancellationToken)
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
            if (files.Any(file => file.Problem is not null))
                exitCode = ExitCode.Failure;
        }

        if (exitCode != ExitCode.Success)
        {
            await console.Error.WriteLineAsync(
                "clip: delete the wrong files and their blobs, then `clip pull` the model again.");
        }

        return exitCode;
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
                    + "so nothing says what its hashes should be.");
        }

        if (ModelLocator.FindHubModel(source) is not { } model)
            throw CliException.WrongUse($"{source} is neither a model of the Hub nor a folder.");
        var layout = new HubCache(cache, model);
        return layout.FindCommit(model) is { } commit
            ? [($"{model.Id}@{commit}", layout.Snapshot(commit))]
            : throw CliException.WrongUse($"{model} is not in {cache}. `clip pull {model}` fetches it.");
    }
}
