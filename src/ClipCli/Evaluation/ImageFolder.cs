using ClipGrpc.Cli.Embeddings;
using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>What <c>--images DIR</c> has for the classes.</summary>
/// <param name="Images">Class by class, sorted by path within each.</param>
/// <param name="EmptyClasses">Folders of classes that are missing or hold no images.</param>
/// <param name="UnknownFolders">Folders that are no class's; their images are left out.</param>
internal sealed record ImageFolder(
    IReadOnlyList<EvaluationImage> Images,
    IReadOnlyList<string> EmptyClasses,
    IReadOnlyList<string> UnknownFolders)
{
    /// <exception cref="CliException">No such folder, or no images of any class in it.</exception>
    public static ImageFolder Read(
        string root, IReadOnlyList<EvaluationClass> classes, FileSelection? selection = null)
    {
        if (!Directory.Exists(root))
            throw CliException.WrongUse($"--images: folder {root} not found.");

        var images = new List<EvaluationImage>();
        var empty = new List<string>();
        for (var i = 0; i < classes.Count; i++)
        {
            var folder = Path.Combine(root, classes[i].Folder);
            var inputs = Directory.Exists(folder) ? PathExpander.ImagesIn(folder, selection) : [];
            if (inputs.Count == 0)
                empty.Add(classes[i].Folder);
            foreach (var input in inputs)
                images.Add(new EvaluationImage(i, KeyOf(root, input.Name), input));
        }

        if (images.Count == 0)
        {
            throw CliException.WrongUse(
                $"--images: {root} has no images in any class folder, such as '{classes[0].Folder}'.");
        }

        var known = classes.Select(item => item.Folder).ToHashSet(StringComparer.Ordinal);
        var unknown = Directory.GetDirectories(root).Select(folder => Path.GetFileName(folder))
            .Where(name => !known.Contains(name)).Order(StringComparer.Ordinal);
        return new ImageFolder(images, empty, [.. unknown]);
    }

    private static EmbeddingKey KeyOf(string root, string path)
    {
        var name = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
        var file = new FileInfo(path);
        return file.Exists ? new EmbeddingKey(name, file.Length, file.LastWriteTimeUtc.Ticks) : new EmbeddingKey(name);
    }
}
