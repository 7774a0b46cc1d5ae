using ClipGrpc.Client;

namespace ClipGrpc.Cli.Inputs;

/// <summary>One item of the command line.</summary>
/// <param name="Name">What results and errors call it: the path or the text.</param>
/// <param name="Content">Null when there is nothing to send, because of <paramref name="Problem"/>.</param>
/// <param name="Problem">Why a PATH gave no image.</param>
internal sealed record CliInput(string Name, ClipInput? Content, ClipError? Problem)
{
    /// <summary>The path that means standard input.</summary>
    public const string StandardInputName = "-";

    public bool IsText => Content is { Image: null };

    /// <summary>Which row of a table it becomes; set by those that write one.</summary>
    public int Row { get; init; }

    /// <summary>What was read for that row; set by those that write one.</summary>
    public InputVersion? Version { get; init; }

    public static CliInput Image(string path) => new(path, ClipImage.FromFile(path), null);

    public static CliInput ImageIn(Stream standardInput) =>
        new(StandardInputName, ClipImage.FromStream(standardInput, "standard input"), null);

    public static CliInput Text(string text) => new(text, text, null);

    public static CliInput Missing(string path, string problem) =>
        new(path, null, new ClipError(Grpc.Core.StatusCode.InvalidArgument, problem));
}
