namespace ClipGrpc.Cli.Evaluation;

/// <summary>A class: the folder that holds its images, and the labels that stand for it, at least one.</summary>
internal sealed record EvaluationClass(string Folder, IReadOnlyList<string> Labels)
{
    /// <summary>What reports call it.</summary>
    public string Name => Labels[0];
}
