namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>What the first byte of a frame stands for: defaults that need no bytes of their own.</summary>
internal readonly record struct NutFrameCode(
    ulong Flags, ulong SizeMultiplier, ulong SizeLowPart, long TimestampDelta, ulong ReservedCount, ulong HeaderIndex)
{
    public const ulong CodedTimestamp = 1 << 3;
    public const ulong StreamId = 1 << 4;
    public const ulong SizeHighPart = 1 << 5;
    public const ulong Checksum = 1 << 6;
    public const ulong Reserved = 1 << 7;
    public const ulong SideData = 1 << 8;
    public const ulong Header = 1 << 10;
    public const ulong MatchTime = 1 << 11;
    public const ulong CodedFlags = 1 << 12;
    public const ulong Invalid = 1 << 13;
}
