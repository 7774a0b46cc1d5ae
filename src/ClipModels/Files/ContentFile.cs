namespace ClipGrpc.Models.Files;

/// <summary>One of a model's files.</summary>
/// <param name="Name">Relative to the model's folder, with '/' between folders.</param>
/// <param name="Path">Absolute, links followed.</param>
/// <param name="Stamp">As the model was opened; null: there was no such file.</param>
internal sealed record ContentFile(string Name, string Path, FileStamp? Stamp);
