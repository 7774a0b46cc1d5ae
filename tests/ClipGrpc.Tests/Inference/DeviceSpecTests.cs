using ClipGrpc.Models.Sessions;

namespace ClipGrpc.Tests.Inference;

public sealed class DeviceSpecTests
{
    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("CUDA", "cuda")]
    [InlineData("openvino", "openvino")]
    [InlineData("openvino:cpu", "openvino:cpu")]
    [InlineData(" my-plugin:GPU:3 ", "my-plugin:gpu:3")]
    [InlineData("x:npu:0", "x:npu")]
    public void TryParse_Device_IsWrittenTheSame(string text, string expected)
    {
        Assert.True(DeviceSpec.TryParse(text, out var device));
        Assert.Equal(expected, device.ToString());
        Assert.True(DeviceSpec.TryParse(expected, out var again));
        Assert.Equal(device, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu:0")]
    [InlineData("cuda:gpu")]
    [InlineData("openvino:")]
    [InlineData("openvino:tpu")]
    [InlineData("openvino:gpu:")]
    [InlineData("openvino:gpu:-1")]
    [InlineData("openvino:gpu:64")]
    [InlineData("openvino:gpu:1:2")]
    [InlineData("2nd:gpu")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(DeviceSpec.TryParse(text, out _));
}
