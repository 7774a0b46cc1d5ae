using ClipGrpc.Cli.Inputs;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>Sentences with <c>{}</c> where a label goes, and what the list is called.</summary>
internal sealed record TemplateList(string Name, IReadOnlyList<string> Templates)
{
    public const string Default = "openai-imagenet-80";

    /// <summary>The lists that come with the program; Templates/README.md says where they are from.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } = [Default, "simple-7"];

    /// <param name="nameOrFile">One of <see cref="BuiltIn"/>, or a text file with one template a line.</param>
    /// <exception cref="CliException">Neither, or a line without a place for the label.</exception>
    public static TemplateList Read(string nameOrFile)
    {
        if (BuiltIn.Contains(nameOrFile))
            return new TemplateList(nameOrFile, ReadBuiltIn(nameOrFile));
        if (!File.Exists(nameOrFile))
        {
            throw CliException.WrongUse(
                $"--templates: '{nameOrFile}' is neither a file nor one of {string.Join(", ", BuiltIn)}.");
        }

        var templates = TextFile.ReadLines(nameOrFile, "--templates").Select(line => line.Trim()).ToList();
        if (templates.Count == 0)
            throw CliException.WrongUse($"--templates: {nameOrFile} has no templates.");
        if (templates.Find(template => !ClipLabels.IsTemplate(template)) is { } wrong)
            throw CliException.WrongUse($"--templates: {nameOrFile}: {Problem(wrong)}");

        return new TemplateList(Path.GetFileName(nameOrFile), templates);
    }

    /// <summary>The sentences of a class: each of its labels in each template.</summary>
    public IEnumerable<string> SentencesOf(EvaluationClass item) =>
        item.Labels.SelectMany(label => Templates.Select(
            template => template.Replace(ClipLabels.Placeholder, label, StringComparison.Ordinal)));

    /// <summary>What is wrong with a sentence that is not a template.</summary>
    public static string Problem(string sentence) =>
        $"'{sentence}' must contain {ClipLabels.Placeholder} exactly once, in place of the label.";

    private static string[] ReadBuiltIn(string name)
    {
        var resource = $"ClipGrpc.Cli.Templates.{name}.txt";
        using var stream = typeof(TemplateList).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The resource {resource} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
