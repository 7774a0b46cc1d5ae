using System.CommandLine;
using ClipGrpc.Cli.Evaluation;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>--labels</c>, <c>--labels-file</c> and <c>--template</c>.</summary>
internal sealed class LabelOptions
{
    private readonly Option<string> _labels = new("--labels")
    {
        HelpName = "a,b,c",
        Description = "Labels, separated by commas.",
    };

    private readonly Option<string> _labelsFile = new("--labels-file")
    {
        HelpName = "F",
        Description = "Text file with one label per line; for many labels, or labels that contain commas.",
    };

    private readonly Option<string[]> _templates = new("--template")
    {
        HelpName = "T",
        Description = "Sentence with {} in place of the label, such as \"a photo of a {}\". Can be repeated.",
        DefaultValueFactory = _ => [],
    };

    public LabelOptions(Command command)
    {
        command.Add(_labels);
        command.Add(_labelsFile);
        command.Add(_templates);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_labels) is null && result.GetResult(_labelsFile) is null)
                result.AddError("Give labels with --labels \"a,b,c\" or --labels-file F.");
        });
        _templates.Validators.Add(result =>
        {
            foreach (var template in result.Tokens.Select(token => token.Value))
            {
                if (!ClipLabels.IsTemplate(template))
                    result.AddError($"--template {TemplateList.Problem(template)}");
            }
        });
    }

    public ClipLabels Read(ParseResult parsed)
    {
        var labels = new List<string>();
        if (parsed.GetValue(_labels) is { } list)
            labels.AddRange(list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (parsed.GetValue(_labelsFile) is { } file)
            labels.AddRange(TextFile.ReadLines(file, "--labels-file").Select(line => line.Trim()));

        if (labels.Count == 0)
            throw CliException.WrongUse("there are no labels.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (labels.Find(label => !seen.Add(label)) is { } twice)
            throw CliException.WrongUse($"duplicate label '{twice}'.");
        return new ClipLabels(labels, parsed.GetValue(_templates));
    }
}
