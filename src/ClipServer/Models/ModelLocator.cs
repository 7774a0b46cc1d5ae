namespace ClipGrpc.Server.Models;

/// <summary>Finds the folder of a model's files.</summary>
internal static class ModelLocator
{
    /// <summary>The built-in model lies beside the program.</summary>
    private static string DemoFolder => Path.Combine(AppContext.BaseDirectory, "models", ModelCatalog.Demo);

    /// <exception cref="ClipException">NotFound: there is no such folder.</exception>
    public static string Locate(string source)
    {
        if (source == ModelCatalog.Demo) return DemoFolder;
        if (Directory.Exists(source)) return Path.GetFullPath(source);

        throw new ClipException(
            ClipErrorCode.NotFound,
            $"There is no model \"{source}\": a source is `{ModelCatalog.Demo}` or a folder with a checkpoint's files.");
    }
}
