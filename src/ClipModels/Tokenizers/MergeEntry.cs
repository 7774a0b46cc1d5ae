namespace ClipGrpc.Models.Tokenizers;

/// <summary>A merge as a file has it; <paramref name="Place"/> says where, for messages.</summary>
internal readonly record struct MergeEntry(string Left, string Right, string Place);
