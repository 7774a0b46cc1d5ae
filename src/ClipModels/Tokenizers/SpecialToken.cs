namespace ClipGrpc.Models.Tokenizers;

/// <summary>A token that is no part of a word, such as <c>&lt;|endoftext|&gt;</c>.</summary>
internal readonly record struct SpecialToken(string Text, int Id);
