namespace ClipGrpc;

internal static class MathExtensions
{
    extension(Math)
    {
        public static int Clamp(int value, int least, int most) => Math.Max(least, Math.Min(value, most));
    }
}
