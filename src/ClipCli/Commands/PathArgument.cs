using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

internal static class PathArgument
{
    private const string StandardInputName = "-";

    public static Argument<string[]> Create(ArgumentArity arity)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Arity = arity,
            Description = "Image files, folders (recursive) or patterns with *, ? and **; - is an image on standard "
                + "input.",
            DefaultValueFactory = _ => [],
        };
        paths.RejectOptions("file");
        return paths;
    }

    /// <summary>A mistyped option would be taken for a value otherwise.</summary>
    /// <param name="kind">What a path is of: file or folder.</param>
    public static void RejectOptions(this Argument argument, string kind) => argument.Validators.Add(result =>
    {
        foreach (var path in result.Tokens.Select(token => token.Value).Where(IsOption))
            result.AddError($"Unknown option '{path}'. For a {kind} of that name, write ./{path}.");
    });

    private static bool IsOption(string path) => path.StartsWith('-') && path != StandardInputName;
}
