using ClipGrpc.Server.Images;

namespace ClipGrpc.Server.Engine;

/// <summary>One thing to embed.</summary>
internal abstract record ItemInput;

/// <summary>A text; <paramref name="RejectLong"/>: more tokens than the context are an error, not cut.</summary>
internal sealed record TextInput(string Text, bool RejectLong) : ItemInput;

/// <summary>A file's bytes.</summary>
internal sealed record EncodedPictureInput(ReadOnlyMemory<byte> Data, PictureOptions Options) : ItemInput;

/// <summary>Pixels without a container.</summary>
internal sealed record RawPictureInput(RawPicture Picture, PictureOptions Options) : ItemInput;
