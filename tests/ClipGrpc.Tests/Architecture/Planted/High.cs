namespace ClipGrpc.Tests.Architecture.Planted.High;

/// <summary>A folder that uses a lower one, as it should.</summary>
internal sealed class Target(Low.Used used) : Attribute
{
    public Target() : this(new Low.Used())
    {
    }

    public Low.Used Used => used;

    public static int Count(Low.Used used) => used.GetHashCode();
}
