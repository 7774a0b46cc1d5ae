using ClipGrpc.LoadTest;
using ClipGrpc.LoadTest.Driving;

namespace ClipGrpc.FunctionalTests.LoadTest;

public class MixTests
{
    [Fact]
    public void Parse_Weights_AreKeptAndSpread()
    {
        var mix = Mix.Parse("embed=3, classify");

        var order = Enumerable.Range(0, 8).Select(call => mix.Names[mix[call]]).ToList();
        Assert.Equal(6, order.Count(name => name == "embed"));
        Assert.Equal(order.Take(4), order.Skip(4));
        Assert.DoesNotContain(string.Join(' ', order), "classify classify");
    }

    [Theory]
    [InlineData("")]
    [InlineData("embed,")]
    [InlineData("embed=0")]
    [InlineData("embed=-1")]
    [InlineData("embed=x")]
    [InlineData("=2")]
    [InlineData("embed,embed=2")]
    [InlineData("embed=10000,classify=1")]
    public void Parse_NoMix_IsRefused(string text) => Assert.Throws<LoadTestException>(() => Mix.Parse(text));
}
