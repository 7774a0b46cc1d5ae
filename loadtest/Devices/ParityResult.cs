namespace ClipGrpc.LoadTest.Devices;

/// <summary>The cosine of each embedding with the reference's; not a number where the device gave none.</summary>
internal sealed record ParityResult(
    string Model, string Precision, string Provider, IReadOnlyList<double> Images, IReadOnlyList<double> Texts)
{
    public bool IsAtLeast(double least) => Images.Concat(Texts).All(cosine => cosine >= least);
}
