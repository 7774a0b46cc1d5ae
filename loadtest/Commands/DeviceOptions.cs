using System.CommandLine;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>Where and how a model runs: as the server's own flags and settings.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _precision = new("--precision")
    {
        HelpName = "P",
        Description = "fp32, bf16, int8, …",
    };

    private readonly Option<string> _device = new("--device")
    {
        HelpName = "DEVICE",
        Description = "cpu, cuda or the device of a plug-in: PROVIDER[:cpu|gpu|npu[:INDEX]].",
    };

    private readonly Option<string> _provider = new("--provider")
    {
        HelpName = "NAME=PATH",
        Description = "The library of a plug-in execution provider.",
    };

    public DeviceOptions(Command command)
    {
        command.Add(_precision);
        command.Add(_device);
        command.Add(_provider);
        command.Add(SetOption.Option);
    }

    /// <summary>Configuration keys of the server, without the models.</summary>
    /// <exception cref="LoadTestException">A setting is not KEY=VALUE.</exception>
    public Dictionary<string, string?> Settings(ParseResult parsed)
    {
        var settings = SetOption.Read(parsed);
        if (parsed.GetValue(_precision) is { } precision)
            settings["Clip:Inference:Precision"] = precision;
        if (parsed.GetValue(_device) is { } device)
            settings["Clip:Inference:Device"] = device;
        if (parsed.GetValue(_provider) is { } provider)
            settings["Clip:Inference:Providers"] = provider + '\n';
        return settings;
    }
}
