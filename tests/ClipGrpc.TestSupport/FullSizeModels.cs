namespace ClipGrpc.TestSupport;

/// <summary>Tests that hold a full-size model run alone: two at once could be more than the machine's memory.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public static class FullSizeModels
{
    public const string Collection = "Full-size models";

    public static void SkipUnlessHeavy() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("CLIPGRPC_HEAVY_TESTS") == "1",
        "Heavy tests run with CLIPGRPC_HEAVY_TESTS=1.");
}
