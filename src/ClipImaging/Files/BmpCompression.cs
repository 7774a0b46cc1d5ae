namespace ClipGrpc.Imaging.Files;

internal enum BmpCompression : uint
{
    None = 0,
    RunLength8 = 1,
    RunLength4 = 2,

    /// <summary>Not compressed; masks say where the colors are.</summary>
    Masks = 3,
}
