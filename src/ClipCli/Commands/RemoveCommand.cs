using System.CommandLine;
using ClipGrpc.Models.Catalog;
using ClipGrpc.Models.Hub;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip rm MODEL...</c></summary>
internal sealed class RemoveCommand : Command
{
    private readonly Argument<string[]> _models = new("MODEL")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Model, as for `clip pull`: all revisions, or with @REVISION only that one.",
    };

    private readonly Confirmation _confirmation;

    public RemoveCommand(CliConsole console)
        : base("rm", "Remove models from the local cache.")
    {
        Add(_models);
        _models.CompletionSources.Add(
            _ => CachedModels.List(HubSession.ReadOptions().CacheFolder).Select(model => model.Id).Distinct());
        _confirmation = new Confirmation(this);
        SetAction(parsed => Run(parsed, console));
    }

    private int Run(ParseResult parsed, CliConsole console)
    {
        var cleaner = new CacheCleaner(HubSession.ReadOptions().CacheFolder);
        var plans = parsed.GetRequiredValue(_models).Select(source => (source, Plan(cleaner, source))).ToList();
        foreach (var (source, plan) in plans)
        {
            if (!_confirmation.Get(parsed, console, $"Remove {Describe(plan)}?"))
            {
                console.Error.WriteLine($"{source}: kept.");
                continue;
            }

            var bytes = cleaner.Remove(plan);
            console.Out.WriteLine($"{source}  {HubErrors.Size(bytes)} freed");
        }

        return ExitCode.Success;
    }

    private static CacheRemoval Plan(CacheCleaner cleaner, string source) =>
        ModelLocator.FindHubModel(source) is { } model
            ? cleaner.PlanModel(model, allRevisions: !source.Contains('@'))
            : throw CliException.WrongUse($"{source} is not a model of the Hugging Face Hub.");

    private static string Describe(CacheRemoval plan) =>
        $"{plan.Model.Id} ({string.Join(", ", plan.Snapshots.Select(path => Path.GetFileName(path)[..12]))}; "
        + $"{HubErrors.Size(plan.Bytes)})";
}
