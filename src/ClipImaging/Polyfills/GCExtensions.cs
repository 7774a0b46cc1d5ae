namespace ClipGrpc;

internal static class GCExtensions
{
    extension(GC)
    {
        public static T[] AllocateUninitializedArray<T>(int length) => new T[length];
    }
}
