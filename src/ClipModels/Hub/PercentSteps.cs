namespace ClipGrpc.Models.Hub;

/// <summary>Picks the moments of a download that are worth a line: every tenth of a file.</summary>
internal sealed class PercentSteps
{
    private const int Step = 10;

    private readonly Dictionary<string, int> _last = new(StringComparer.Ordinal);

    public void Start(string file, long done, long total) => _last[file] = StepOf(done, total);

    /// <summary>
    /// The percentage to report, once per step; null in between, and at the end, which has its own line.
    /// </summary>
    public int? Advance(string file, long done, long total)
    {
        var step = StepOf(done, total);
        if (done == total || step <= _last.GetValueOrDefault(file))
            return null;

        _last[file] = step;
        return step * Step;
    }

    private static int StepOf(long done, long total) => total == 0 ? 0 : (int)(done * (100 / Step) / total);
}
