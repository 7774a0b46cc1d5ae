using ClipGrpc.Cli.Inputs;

namespace ClipGrpc.Cli.Evaluation;

/// <summary>What <c>--images DIR</c> has for the classes.</summary>
/// <param name="Pictures">Class by class, sorted by path within each.</param>
/// <param name="EmptyClasses">Folders of classes that are missing or hold no pictures.</param>
/// <param name="UnknownFolders">Folders that are no class's; their pictures are left out.</param>
internal sealed record PictureFolder(
    IReadOnlyList<EvaluationPicture> Pictures,
    IReadOnlyList<string> EmptyClasses,
    IReadOnlyList<string> UnknownFolders)
{
    /// <exception cref="CliException">No such folder, or no pictures of any class in it.</exception>
    public static PictureFolder Read(string root, IReadOnlyList<EvaluationClass> classes)
    {
        if (!Directory.Exists(root))
            throw CliException.WrongUse($"--images: there is no folder {root}.");

        var pictures = new List<EvaluationPicture>();
        var empty = new List<string>();
        for (var i = 0; i < classes.Count; i++)
        {
            var folder = Path.Combine(root, classes[i].Folder);
            var inputs = Directory.Exists(folder) ? PathExpander.PicturesIn(folder) : [];
            if (inputs.Count == 0)
                empty.Add(classes[i].Folder);
            foreach (var input in inputs)
                pictures.Add(new EvaluationPicture(i, KeyOf(root, input.Name), input));
        }

        if (pictures.Count == 0)
        {
            throw CliException.WrongUse(
                $"--images: {root} has no pictures in a folder of any class; '{classes[0].Folder}' would be one.");
        }

        var known = classes.Select(item => item.Folder).ToHashSet(StringComparer.Ordinal);
        var unknown = Directory.GetDirectories(root).Select(folder => Path.GetFileName(folder))
            .Where(name => !known.Contains(name)).Order(StringComparer.Ordinal);
        return new PictureFolder(pictures, empty, [.. unknown]);
    }

    private static EmbeddingKey KeyOf(string root, string path)
    {
        var name = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
        var file = new FileInfo(path);
        return file.Exists ? new EmbeddingKey(name, file.Length, file.LastWriteTimeUtc.Ticks) : new EmbeddingKey(name);
    }
}
