namespace ClipGrpc.Cli.Diagnosis;

/// <summary>What a check of <c>clip doctor</c> showed.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Advice">What to do; null where nothing needs to be done.</param>
internal sealed record Finding(string Name, FindingState State, string Detail, string? Advice)
{
    public static Finding Ok(string name, string detail) => new(name, FindingState.Ok, detail, null);

    public static Finding Warn(string name, string detail, string advice) =>
        new(name, FindingState.Warn, detail, advice);

    public static Finding Fail(string name, string detail, string advice) =>
        new(name, FindingState.Fail, detail, advice);
}
