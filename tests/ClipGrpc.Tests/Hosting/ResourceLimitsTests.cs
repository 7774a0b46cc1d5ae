using ClipGrpc.Server.Hosting;

namespace ClipGrpc.Tests.Hosting;

public sealed class ResourceLimitsTests
{
    private const string Heading =
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        + "Max stack size            8388608              unlimited            bytes     \n";

    [Theory]
    [InlineData("1024", "unlimited", null)]
    [InlineData("320", "unlimited", null)]
    [InlineData("319", "unlimited", "319 files")]
    [InlineData("1024", "5368709120", null)]
    [InlineData("1024", "5368705024", "5119 MiB")]
    public void FindProblem_Limits_NamesTheOneThatIsTooLow(string files, string addressSpace, string? expected)
    {
        var limits = Heading
            + $"Max open files            {files}                 524288               files     \n"
            + $"Max address space         {addressSpace}            unlimited            bytes     \n";
        var problem = ResourceLimits.FindProblem(limits);
        if (expected is null)
            Assert.Null(problem);
        else
            Assert.Contains(expected, problem);
    }

    [Fact]
    public void FindProblem_UnknownText_IsNone() => Assert.Null(ResourceLimits.FindProblem("nothing of this"));
}
