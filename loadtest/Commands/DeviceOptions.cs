using System.CommandLine;

namespace ClipGrpc.LoadTest.Commands;

/// <summary>Where and how a model runs: as the server's own flags and settings.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _precision = new("--precision") { HelpName = "P", Description = "fp32, int8, …" };
    private readonly Option<string> _device = new("--device") { HelpName = "DEVICE", Description = "cpu or cuda." };

    public DeviceOptions(Command command)
    {
        command.Add(_precision);
        command.Add(_device);
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
        return settings;
    }
}
