using ClipGrpc.Client;
using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Health.V1;
using Own = ClipGrpc.Client;

namespace ClipGrpc.Tests.Clients;

/// <summary>
/// The client's enums have every value of the contract's, and are mapped to the value of the same name.
/// </summary>
public sealed class WireEnumTests
{
    /// <summary>Names that say too little where they do not belong to a message.</summary>
    private static readonly Dictionary<Type, Type> Renamed = new()
    {
        [typeof(Emit)] = typeof(VideoEmit),
        [typeof(DropReason)] = typeof(FrameDropReason),
    };

    public static TheoryData<Type> OfTheContract =>
    [
        .. ClipReflection.Descriptor.EnumTypes.Select(type => type.ClrType),
        typeof(HealthCheckResponse.Types.ServingStatus),
    ];

    [Theory]
    [MemberData(nameof(OfTheContract))]
    public void Values_OfTheContract_HaveACounterpart(Type type)
    {
        var own = Renamed.GetValueOrDefault(type)
            ?? typeof(ClipClient).Assembly.GetType($"ClipGrpc.Client.{type.Name}");

        Assert.True(own is { IsEnum: true, IsPublic: true }, $"The client has no enum {type.Name}.");
        Assert.Empty(Enum.GetNames(type).Except(["Unspecified"]).Except(Enum.GetNames(own)));
    }

    [Fact]
    public void ToWire_EveryValue_HasTheSameName()
    {
        AllMap<Own.Priority>(value => value.ToWire());
        AllMap<Own.LongText>(value => value.ToWire());
        AllMap<Own.EmbeddingEncoding>(value => value.ToWire());
        AllMap<Own.Ordering>(value => value.ToWire());
        AllMap<Own.DropPolicy>(value => value.ToWire());
        AllMap<Own.AlphaMode>(value => value.ToWire());
        AllMap<Own.ColorMatrix>(value => value.ToWire());
        AllMap<Own.ColorRange>(value => value.ToWire());
        AllMap<Own.PixelFormat>(value => value.ToWire());
        AllMap<Own.VideoEmit>(value => value.ToWire());
    }

    [Fact]
    public void FromWire_EveryValue_HasTheSameName()
    {
        AllMap<V1.ModelState>(value => WireEnums.FromWire(value));
        AllMap<V1.ResizeMode>(value => WireEnums.FromWire(value));
        AllMap<V1.ResizeFilter>(value => WireEnums.FromWire(value));
        AllMap<V1.CropRounding>(value => WireEnums.FromWire(value));
        AllMap<V1.ErrorReason>(value => WireEnums.FromWire(value));
        AllMap<HealthCheckResponse.Types.ServingStatus>(value => WireEnums.FromWire(value));
    }

    [Fact]
    public void FromWire_ValueOfANewerServer_IsUnknown()
    {
        Assert.Equal(Own.ModelState.Unknown, WireEnums.FromWire((V1.ModelState)99));
        Assert.Equal(Own.ErrorReason.Unknown, WireEnums.FromWire((V1.ErrorReason)9_999));
        Assert.Equal(Own.ResizeFilter.Unknown, WireEnums.FromWire((V1.ResizeFilter)99));
    }

    [Theory]
    [InlineData(DropReason.Unspecified, FrameDropReason.NewerFrame)] // of servers that have no other
    [InlineData(DropReason.NewerFrame, FrameDropReason.NewerFrame)]
    [InlineData(DropReason.MaxFps, FrameDropReason.MaxFps)]
    [InlineData(DropReason.MaxAge, FrameDropReason.MaxAge)]
    [InlineData((DropReason)99, FrameDropReason.Other)]
    public void FromWire_DropReason_IsMapped(DropReason value, FrameDropReason expected) =>
        Assert.Equal(expected, WireEnums.FromWire(value));

    [Fact]
    public void ToWire_UndefinedValue_NamesTheEnumAndItsValues() => Assert.Equal(
        "9 is not a value of Priority; allowed are Interactive, Bulk.",
        Assert.Throws<ArgumentException>(() => ((Own.Priority)9).ToWire()).Message);

    private static void AllMap<T>(Func<T, Enum> map)
        where T : struct, Enum =>
        Assert.All(Enum.GetValues<T>(), value => Assert.Equal(
            value.ToString().Replace("Unspecified", "Unknown", StringComparison.Ordinal), map(value).ToString()));
}
