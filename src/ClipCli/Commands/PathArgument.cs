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
            Description =
                "Image files, folders (with all below) or patterns with *, ? and **; - is an image on standard input.",
            DefaultValueFactory = _ => [],
        };
        // A mistyped option would be taken for a file otherwise.
        paths.Validators.Add(result =>
        {
            foreach (var path in result.Tokens.Select(token => token.Value).Where(IsOption))
                result.AddError($"There is no option '{path}'. Write ./{path} for a file of that name.");
        });
        return paths;
    }

    private static bool IsOption(string path) => path.StartsWith('-') && path != StandardInputName;
}
