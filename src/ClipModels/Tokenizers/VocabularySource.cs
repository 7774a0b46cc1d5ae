namespace ClipGrpc.Models.Tokenizers;

/// <summary>The contents of a model's vocabulary files, read but not yet checked against each other.</summary>
/// <param name="TokensFile">The name of the file that the tokens come from, for messages.</param>
/// <param name="MergesFile">The name of the file that the merges come from, for messages.</param>
/// <param name="Merges">In order of rank.</param>
internal sealed record VocabularySource(
    string TokensFile, Dictionary<string, int> Tokens, string MergesFile, IReadOnlyList<MergeEntry> Merges);
