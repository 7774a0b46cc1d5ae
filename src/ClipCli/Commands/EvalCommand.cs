using System.CommandLine;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Evaluation;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip eval --images DIR --classes FILE</c></summary>
internal sealed class EvalCommand : Command
{
    private const int MostItemsPerCall = 4096;

    private static readonly StoreFlags Flags = new("--out", "--no-resume");

    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;

    private readonly Option<string> _images = new("--images")
    {
        HelpName = "DIR",
        Required = true,
        Description = "Folder with one subfolder of images per class.",
    };

    private readonly Option<string> _classes = new("--classes")
    {
        HelpName = "FILE",
        Required = true,
        Description = "Lines of folder TAB label (several labels separated by |), or a JSON object that maps folders "
            + "to labels.",
    };

    private readonly Option<string> _templates = new("--templates")
    {
        HelpName = "T",
        Description = $"{string.Join(" or ", TemplateList.BuiltIn)}, or a file of sentences with {{}} in place of the "
            + "label.",
        DefaultValueFactory = _ => TemplateList.Default,
    };

    private readonly Option<string> _out = new("--out")
    {
        HelpName = "DIR",
        Description = "Folder for the report, the confusion matrix image and the embeddings.",
        DefaultValueFactory = _ => "clip-eval",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the report as one JSON object." };

    private readonly Option<int> _batch = new("--batch")
    {
        HelpName = "N",
        Description = "Maximum number of images or sentences per call, up to the server's limit.",
        DefaultValueFactory = _ => ServerOptions.ItemsPerCall,
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Reuse the embeddings of earlier runs in --out. This is the default.",
    };

    private readonly Option<bool> _noResume = new("--no-resume")
    {
        Description = "Discard the embeddings of earlier runs in --out.",
    };

    public EvalCommand(CliConsole console)
        : base("eval", "Measure zero-shot accuracy on a folder with one subfolder per class.")
    {
        _console = console;
        Add(_images);
        Add(_classes);
        Add(_templates);
        _model = new ModelSelection(this);
        Add(_out);
        Add(_json);
        _batch.Require(batch => batch is >= 1 and <= MostItemsPerCall, $"must be 1 to {MostItemsPerCall}.");
        Add(_batch);
        Add(_resume);
        Add(_noResume);
        Validators.Add(result =>
        {
            if (result.GetValue(_resume) && result.GetValue(_noResume))
                result.AddError("--resume and --no-resume cannot be used together.");
        });
        _server = new ServerOptions(this);
        SetAction((parsed, cancellationToken) => _server.UseClientAsync(
            parsed, console, client => RunAsync(parsed, client, cancellationToken), parsed.GetValue(_batch)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var classes = ClassFile.Read(parsed.GetRequiredValue(_classes));
        var templates = TemplateList.Read(parsed.GetRequiredValue(_templates));
        var images = parsed.GetRequiredValue(_images);
        var skipped = new SkippedFiles(_console);
        var folder = ImageFolder.Read(images, classes, skipped.CreateSelection(false, cancellationToken));
        skipped.WriteSummary();
        WarnOf(folder);
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var service = new EmbeddingService(client, model);
        var files = EvaluationFiles.Create(parsed.GetRequiredValue(_out), model);

        using var store = EmbeddingStore.Open(
            files.Embeddings, service.Identity, service.Dimensions, resume: !parsed.GetValue(_noResume), Flags);
        if (store.DamagedBytes > 0)
        {
            _console.Error.WriteLine(
                $"clip: {files.Embeddings}: {store.DamagedBytes} damaged bytes at the end were truncated.");
        }

        var embeddings = await new ClassEmbedder(_console, service, store)
            .EmbedAsync(classes, templates, cancellationToken);
        var scores = new Scoreboard(embeddings, classes.Count);
        var evaluator = new ImageEvaluator(_console, service, store, scores);
        var exitCode = await evaluator.RunAsync(folder.Images, cancellationToken);

        files.Write(_console, parsed.GetValue(_json), new EvaluationResult
        {
            Model = model,
            Images = images,
            Templates = templates,
            Classes = classes,
            Folder = folder,
            Scores = scores,
            Reused = evaluator.Reused,
            Errors = evaluator.Errors,
        });
        return exitCode;
    }

    private void WarnOf(ImageFolder folder)
    {
        if (folder.EmptyClasses.Count > 0)
            _console.Error.WriteLine($"clip: classes without images: {Shorten(folder.EmptyClasses)}.");
        if (folder.UnknownFolders.Count > 0)
            _console.Error.WriteLine($"clip: ignored folders without a class: {Shorten(folder.UnknownFolders)}.");
    }

    private static string Shorten(IReadOnlyList<string> names)
    {
        const int shown = 10;
        var list = string.Join(", ", names.Take(shown));
        return names.Count > shown ? $"{list} and {names.Count - shown} more" : list;
    }
}
