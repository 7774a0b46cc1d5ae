using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

internal static class PathArgument
{
    public static Argument<string[]> Create(ArgumentArity arity) => new("PATH")
    {
        Arity = arity,
        Description = "Picture files, folders (with all below) or patterns with *, ? and **.",
        DefaultValueFactory = _ => [],
    };
}
