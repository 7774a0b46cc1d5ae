using ClipGrpc.Server.Configuration;

namespace ClipGrpc.Tests.Hosting;

public sealed class SettingValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("5ms", 5000)]
    [InlineData("2.5ms", 2500)]
    [InlineData("250us", 250)]
    [InlineData("1 s", 1_000_000)]
    [InlineData("1.5S", 1_500_000)]
    [InlineData("2m", 120_000_000)]
    [InlineData("1h", 3_600_000_000)]
    [InlineData("00:00:00.005", 5000)]
    [InlineData("-1ms", -1000)]
    public void TryReadDuration_KnownForm_IsRead(string text, long microseconds)
    {
        Assert.True(SettingValue.TryReadDuration(text, out var duration));
        Assert.Equal(microseconds, (long)duration.TotalMicroseconds);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("ms")]
    [InlineData("5 days")]
    [InlineData("5m s")]
    [InlineData("1e3ms")]
    [InlineData("99999999999999h")]
    [InlineData("1.2.3s")]
    [InlineData("25:61:00")]
    public void TryReadDuration_OtherForm_IsRefused(string text) =>
        Assert.False(SettingValue.TryReadDuration(text, out _));

    [Theory]
    [InlineData("1", typeof(DayOfWeek))]
    [InlineData("Monday,Friday", typeof(DayOfWeek))]
    [InlineData("yes", typeof(bool))]
    [InlineData("1.5", typeof(int))]
    [InlineData("99999999999", typeof(int))]
    [InlineData("", typeof(string))]
    [InlineData(" ", typeof(int))]
    public void TryRead_ValueOfAnotherType_SaysWhatItMustBe(string text, Type type)
    {
        Assert.False(SettingValue.TryRead(text, type, out var value, out var problem));
        Assert.Null(value);
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("monday", typeof(DayOfWeek), DayOfWeek.Monday)]
    [InlineData(" 12 ", typeof(int), 12)]
    [InlineData("-3", typeof(long), -3L)]
    [InlineData("True", typeof(bool), true)]
    [InlineData("0.5", typeof(double), 0.5)]
    [InlineData("7", typeof(int?), 7)]
    public void TryRead_FittingValue_IsRead(string text, Type type, object expected)
    {
        Assert.True(SettingValue.TryRead(text, type, out var value, out _));
        Assert.Equal(expected, value);
    }
}
