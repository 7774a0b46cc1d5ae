using System.Text;
using ClipGrpc.Imaging.Pixels;
using ClipGrpc.Serving.Texts;

namespace ClipGrpc.Serving.Models;

/// <summary>One thing to embed.</summary>
internal abstract record ItemInput(ItemKind Kind)
{
    /// <summary>As it came in.</summary>
    public abstract int Bytes { get; }

    /// <summary>How many embeddings there may be of it: the regions of an image.</summary>
    public virtual int Views => 1;

    /// <summary>Where the request has it, for errors; null: in no field of its own.</summary>
    public string? Field { get; init; }
}

/// <summary>A text; <paramref name="RejectLong"/>: more tokens than the context are an error, not cut.</summary>
internal sealed record TextInput(string Text, bool RejectLong) : ItemInput(ItemKind.Text)
{
    /// <summary>Its tokens, where they are known already.</summary>
    public PreparedText? Prepared { get; init; }

    public override int Bytes => Encoding.UTF8.GetByteCount(Text);
}

/// <summary>A text as token ids of the model's vocabulary, from its start token to its end token.</summary>
internal sealed record TokensInput(ReadOnlyMemory<int> Ids) : ItemInput(ItemKind.Text)
{
    public override int Bytes => Ids.Length * sizeof(int);
}

/// <summary>A file's bytes.</summary>
internal sealed record EncodedImageInput(ReadOnlyMemory<byte> Data, DecodeOptions Options) : ItemInput(ItemKind.Image)
{
    public override int Bytes => Data.Length;

    public override int Views => Options.Views;
}

/// <summary>Pixels without a container.</summary>
internal sealed record RawImageInput(RawPixels Image, DecodeOptions Options) : ItemInput(ItemKind.Image)
{
    public override int Bytes => Image.Data.Length;

    public override int Views => Options.Views;
}
