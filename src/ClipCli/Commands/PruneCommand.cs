using System.CommandLine;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip prune</c></summary>
internal sealed class PruneCommand : Command
{
    private readonly Option<bool> _oldRevisions = new("--old-revisions")
    {
        Description = "Also remove revisions that no branch or tag refers to, including those pulled by their "
            + "commit.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show what would be removed." };

    private readonly Confirmation _confirmation;

    public PruneCommand(CliConsole console)
        : base(
            "prune",
            "Remove partial downloads and unreferenced files from the local cache.")
    {
        Add(_oldRevisions);
        Add(_dryRun);
        _confirmation = new Confirmation(this);
        SetAction(parsed => Run(parsed, console));
    }

    private int Run(ParseResult parsed, CliConsole console)
    {
        var cleaner = new CacheCleaner(HubSession.ReadOptions().CacheFolder);
        var plans = cleaner.PlanUnneeded(parsed.GetValue(_oldRevisions));
        var total = plans.Sum(plan => plan.Bytes);
        foreach (var plan in plans)
            console.Out.WriteLine($"{plan.Model.Id}  {Describe(plan)}  {HubErrors.Size(plan.Bytes)}");
        if (plans.Count == 0)
            console.Error.WriteLine("There is nothing to remove.");
        if (plans.Count == 0 || parsed.GetValue(_dryRun))
            return ExitCode.Success;

        if (!_confirmation.Get(parsed, console, $"Remove {HubErrors.Size(total)}?"))
            return ExitCode.Success;

        var freed = plans.Sum(cleaner.Remove);
        console.Out.WriteLine($"{HubErrors.Size(freed)} freed");
        return ExitCode.Success;
    }

    private static string Describe(CacheRemoval plan)
    {
        var parts = plan.Blobs.Count(HubCache.IsPart);
        string[] kinds =
        [
            Count(plan.Snapshots.Count, "revision"),
            Count(parts, "part of a download", "parts of downloads"),
            Count(plan.Blobs.Count - parts, "file"),
        ];
        return string.Join(", ", kinds.Where(kind => kind.Length > 0));
    }

    private static string Count(int count, string one, string? many = null) => count switch
    {
        0 => "",
        1 => $"1 {one}",
        _ => $"{count} {many ?? one + "s"}",
    };
}
