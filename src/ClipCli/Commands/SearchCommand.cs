using System.CommandLine;
using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Output;
using ClipGrpc.Cli.Search;
using ClipGrpc.Client;
using ClipGrpc.Models.Files;

namespace ClipGrpc.Cli.Commands;

/// <summary><c>clip search DIR TEXT</c></summary>
internal sealed class SearchCommand : Command
{
    private const int DefaultTop = 10;

    private static readonly StoreFlags Flags = new("--index", "--reindex");

    private readonly CliConsole _console;
    private readonly ServerOptions _server;
    private readonly ModelSelection _model;
    private readonly TopOption _top;

    private readonly Argument<string> _folder = new("DIR")
    {
        Description = "Folder to search, including its subfolders.",
    };

    private readonly Argument<string?> _text = new("TEXT")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Text that describes the images to find.",
    };

    private readonly Option<string?> _image = new("--image")
    {
        HelpName = "FILE",
        Description = "Image to search with, instead of TEXT.",
    };

    private readonly Option<string?> _index = new("--index")
    {
        HelpName = "FILE",
        Description = "File for the embeddings of DIR. Default: a file in the user's cache, one per folder and model "
            + "revision.",
    };

    private readonly Option<bool> _reindex = new("--reindex")
    {
        Description = "Embed all images again.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per image." };

    private readonly Option<string?> _html = new("--html")
    {
        HelpName = "OUT",
        Description = "Also write an HTML page with the images. The best images are embedded, up to 64 MiB; the others "
            + "are linked.",
    };

    public SearchCommand(CliConsole console)
        : base(
            "search",
            "Find the images of a folder that best match a text or an image. Each image is embedded only once.")
    {
        _console = console;
        Add(_folder);
        Add(_text);
        Add(_image);
        _top = new TopOption(this, "Images to show.", DefaultTop);
        _model = new ModelSelection(this);
        Add(_index);
        Add(_reindex);
        Add(_json);
        Add(_html);
        _server = new ServerOptions(this);
        this.AddRule(result =>
        {
            if (result.GetValue(_text) is null == result.GetValue(_image) is null)
                result.AddError("Specify either TEXT or --image FILE.");
        });
        SetAction((parsed, cancellationToken) =>
            _server.UseClientAsync(parsed, console, client => RunAsync(parsed, client, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, ClipClient client, CancellationToken cancellationToken)
    {
        var folder = parsed.GetRequiredValue(_folder);
        var skipped = new SkippedFiles(_console);
        var images = FolderImages.Read(folder, skipped.CreateSelection(false, cancellationToken));
        skipped.WriteSummary();
        var queryImage = parsed.GetValue(_image);
        var query = queryImage is null ? CliInput.Text(parsed.GetValue(_text)!) : CliInput.Image(queryImage);
        var model = await _model.ResolveAsync(parsed, client, cancellationToken);
        var service = new EmbeddingService(client, model);
        var embedding = await EmbedAsync(service, query, cancellationToken);

        var path = parsed.GetValue(_index) ?? IndexFile.InCache(folder, service.Identity, CacheFolder.Locate());
        using var store = EmbeddingStore.Open(
            path, service.Identity, service.Dimensions, resume: !parsed.GetValue(_reindex), Flags);
        if (store.DamagedBytes > 0)
            WriteNotice($"{path}: {store.DamagedBytes} damaged bytes at the end were truncated.");
        var index = new FolderIndex(_console, service, store, images);
        var exitCode = await index.UpdateAsync(cancellationToken);
        var (hits, compared) = index.Find(embedding.Vector.Span, _top.Read(parsed));
        store.CloseKeeping(images.Images.Select(image => image.Key).ToHashSet());

        var result = new SearchResult(folder, query.Name, model, compared, hits);
        Write(result, parsed.GetValue(_json));
        if (parsed.GetValue(_html) is { } html)
            WritePage(html, result, queryImage);
        return exitCode;
    }

    private static async Task<ClipEmbedding> EmbedAsync(
        EmbeddingService service, CliInput query, CancellationToken cancellationToken)
    {
        var results = service.EmbedAsync(new[] { query }.ToAsyncEnumerable(), cancellationToken);
        var result = await results.SingleAsync(cancellationToken);
        return result.Error is { } error
            ? throw CliException.WrongUse($"{query.Name}: {FlagNames.InCall(error.Message)}")
            : result.Value;
    }

    private void Write(SearchResult result, bool json)
    {
        if (!json)
        {
            SearchTable.Write(_console.OpenOut(), result);
            return;
        }

        foreach (var line in SearchLine.Of(result))
            JsonOutput.WriteLine(_console.Out, line, SearchJson.Default.SearchLine);
    }

    private void WritePage(string path, SearchResult result, string? queryImage)
    {
        var page = new SearchPage(path);
        try
        {
            page.Write(result, queryImage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.WrongUse($"--html: {path} cannot be written: {exception.Message}", exception);
        }

        if (page.Linked > 0)
        {
            WriteNotice(
                $"{path}: {page.Linked} images are linked, not embedded: the page can embed "
                + $"{SearchPage.DefaultRoom >> 20} MiB.");
        }
    }

    private void WriteNotice(string text) => _console.Error.WriteLine($"clip: {text}");
}
