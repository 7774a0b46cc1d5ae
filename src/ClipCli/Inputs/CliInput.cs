using ClipGrpc.Client;

namespace ClipGrpc.Cli.Inputs;

/// <summary>One item of the command line.</summary>
/// <param name="Name">What results and errors call it: the path or the text.</param>
/// <param name="Content">Null when there is nothing to send, because of <paramref name="Problem"/>.</param>
/// <param name="Problem">Why a PATH gave no image.</param>
internal sealed record CliInput(string Name, ClipInput? Content, ClipError? Problem)
{
    public static CliInput Image(string path) => new(path, ClipImage.FromFile(path), null);

    public static CliInput Text(string text) => new(text, text, null);

    public static CliInput Missing(string path, string problem) =>
        new(path, null, new ClipError(Grpc.Core.StatusCode.InvalidArgument, problem));
}
