using ClipGrpc.Client;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>A finished evaluation.</summary>
internal sealed record EvaluationResult
{
    public required ClipModel Model { get; init; }

    /// <summary>The folder of images as it was given.</summary>
    public required string Images { get; init; }

    public required TemplateList Templates { get; init; }

    public required IReadOnlyList<EvaluationClass> Classes { get; init; }

    public required ImageFolder Folder { get; init; }

    public required Scoreboard Scores { get; init; }

    /// <summary>Images whose embedding was there from an earlier run.</summary>
    public required int Reused { get; init; }

    /// <summary>Images that could not be embedded.</summary>
    public required IReadOnlyList<(string Name, string Message)> Errors { get; init; }
}
