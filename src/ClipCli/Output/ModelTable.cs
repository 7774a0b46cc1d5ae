using System.Globalization;
using ClipGrpc.Client;
using Spectre.Console;

namespace ClipGrpc.Cli.Output;

/// <summary>The models of a server as a table.</summary>
internal static class ModelTable
{
    private static readonly string[] Columns =
    [
        "model", "state", "dimensions", "image", "context", "activation", "precision", "provider", "device",
        "revision",
        "ImageNet top-1",
    ];

    public static void Write(IAnsiConsole console, IEnumerable<ClipModel> models) =>
        PlainTable.Write(console, Columns, models.Select(Cells));

    private static IEnumerable<string> Cells(ClipModel model)
    {
        var architecture = model.Architecture ?? new ClipModelArchitecture();
        yield return model.IsDefault ? $"{model.Name} (default)" : model.Name;
        yield return model.State.ToString().ToLowerInvariant();
        yield return architecture.EmbeddingDimensions.ToString(CultureInfo.InvariantCulture);
        yield return string.Create(CultureInfo.InvariantCulture, $"{architecture.ImageSize} px");
        yield return string.Create(CultureInfo.InvariantCulture, $"{architecture.ContextLength} tokens");
        yield return architecture.Activation;
        yield return model.Precision;
        yield return model.Provider;
        yield return model.Device;
        yield return model.Revision.Length > 12 ? model.Revision[..12] : model.Revision;
        yield return model.Card?.ImagenetTop1 is { } accuracy
            ? string.Create(CultureInfo.InvariantCulture, $"{accuracy:0.0} %")
            : "";
    }
}
