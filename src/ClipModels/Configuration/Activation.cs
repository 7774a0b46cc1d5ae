namespace ClipGrpc.Models.Configuration;

internal enum Activation
{
    /// <summary>x · Φ(x), the exact form with erf.</summary>
    Gelu,

    /// <summary>x · sigmoid(1.702 x).</summary>
    QuickGelu,
}
