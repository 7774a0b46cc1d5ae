using System.CommandLine;
using System.Text.Json;
using ClipGrpc.LoadTest.Reports;

namespace ClipGrpc.LoadTest.Commands;

/// <summary><c>--json OUT</c>: the numbers of a command, for programs.</summary>
internal sealed class JsonOption
{
    private readonly Option<string> _path;

    /// <param name="content">What is written, for the help text.</param>
    public JsonOption(Command command, string content)
    {
        _path = new Option<string>("--json") { HelpName = "OUT", Description = $"Write {content} as JSON." };
        command.Add(_path);
    }

    /// <summary>Writes the JSON if a path was given.</summary>
    public async Task WriteAsync(ParseResult parsed, Func<object> content, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_path) is { } path)
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(content(), GhzReport.Json), cancellationToken);
    }
}
