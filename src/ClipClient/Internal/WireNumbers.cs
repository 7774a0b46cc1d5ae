namespace ClipGrpc.Client.Internal;

/// <summary>The contract's unsigned numbers as signed ones; the largest there is stands for larger ones.</summary>
internal static class WireNumbers
{
    public static int Int(uint value) => (int)Math.Min(value, int.MaxValue);

    public static long Long(ulong value) => (long)Math.Min(value, long.MaxValue);
}
