using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Search;

/// <summary>The images in and below a folder as they are now.</summary>
/// <param name="Images">Sorted by path.</param>
/// <param name="Problems">Subfolders that cannot be read.</param>
internal sealed record FolderImages(IReadOnlyList<IndexedImage> Images, IReadOnlyList<CliInput> Problems)
{
    /// <exception cref="CliException">There is no such folder, or it has no images.</exception>
    public static FolderImages Read(string folder, FileSelection? selection = null)
    {
        if (!Directory.Exists(folder))
            throw CliException.WrongUse($"DIR: folder {folder} not found.");

        var inputs = PathExpander.ImagesIn(folder, selection);
        var problems = inputs.FindAll(input => input.Problem is not null);
        inputs.RemoveAll(input => input.Problem is not null);
        if (inputs.Count == 0 && problems.Count == 0)
            throw CliException.WrongUse($"DIR: {folder} has no images.");

        var images = inputs.Select(input => new IndexedImage(KeyOf(folder, input.Name), input));
        return new FolderImages([.. images], problems);
    }

    private static EmbeddingKey KeyOf(string folder, string path)
    {
        var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
        var file = new FileInfo(path);
        return file.Exists ? new EmbeddingKey(name, file.Length, file.LastWriteTimeUtc.Ticks) : new EmbeddingKey(name);
    }
}
