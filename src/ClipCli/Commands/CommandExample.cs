namespace ClipGrpc.Cli.Commands;

/// <summary>A command line that works as it stands, and what it does.</summary>
/// <param name="Line">Without <c>clip</c>.</param>
internal sealed record CommandExample(string Line, string Description);
