using System.CommandLine;
using System.Globalization;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Commands;

/// <summary>Counts what is left out of folders, and names it on request.</summary>
/// <param name="console">Where to say so.</param>
/// <param name="options">Null for a command that has no options about that.</param>
/// <param name="parsed">The command line of the options.</param>
internal sealed class SkippedFiles(CliConsole console, ReportOptions? options = null, ParseResult? parsed = null)
{
    private static readonly (SkipReason Reason, string One, string Several)[] Words =
    [
        (SkipReason.NotAnImage, "file that is not an image", "files that are not images"),
        (SkipReason.Hidden, "hidden file or folder", "hidden files or folders"),
        (SkipReason.LinkedFolder, "link to a folder", "links to folders"),
        (SkipReason.Unreadable, "file that cannot be read", "files that cannot be read"),
    ];

    private readonly Dictionary<SkipReason, long> _counts = [];
    private readonly bool _isNamed = options?.IsVerbose(parsed!) ?? false;
    private readonly bool _isQuiet = options?.IsQuiet(parsed!) ?? false;

    public FileSelection CreateSelection(bool includeHidden, CancellationToken cancellationToken) => new()
    {
        IncludeHidden = includeHidden,
        OnSkipped = (path, reason) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(path, reason);
        },
    };

    /// <summary>One line at the end, if anything was skipped.</summary>
    public void WriteSummary()
    {
        if (_isQuiet || _counts.Count == 0)
            return;

        var parts = Words.Where(word => _counts.ContainsKey(word.Reason)).Select(word =>
            $"{_counts[word.Reason].ToString("#,0", CultureInfo.InvariantCulture)} "
            + (_counts[word.Reason] == 1 ? word.One : word.Several));
        var hint = options is null || _isNamed ? "" : "; -v names them";
        console.Error.WriteLine($"clip: skipped {string.Join(", ", parts)}{hint}.");
    }

    private void Add(string path, SkipReason reason)
    {
        _counts[reason] = _counts.GetValueOrDefault(reason) + 1;
        if (_isNamed)
            console.Notices.WriteLine($"clip: skipped {path}: {Words.Single(word => word.Reason == reason).One}.");
    }
}
