namespace ClipGrpc.Cli.Output;

/// <summary>What a run says on stderr beside the errors of its items.</summary>
internal sealed record ItemReport
{
    /// <summary>Results are lines for programs, which a bar on the same terminal would break.</summary>
    public bool WholeLines { get; init; }

    public bool ShowProgress { get; init; } = true;

    /// <summary>How many items failed, at the end.</summary>
    public bool ShowSummary { get; init; } = true;
}
