using ClipGrpc.Models.Configuration;
using ClipGrpc.Models.Graphs;
using ClipGrpc.Models.Tensors;

namespace ClipGrpc.Models.Sessions;

/// <summary>
/// Loads towers: the graph is written for the checkpoint and loaded on the device. Slow (seconds for large models)
/// and synchronous. The weights' memory must outlive the session, because it is used in place.
/// </summary>
internal static class ClipEncoders
{
    /// <exception cref="ClipException">
    /// The weights do not fit the configuration, the device is missing or does not have the precision, or the runtime
    /// refuses the graph.
    /// </exception>
    public static TowerSession LoadImage(ClipConfig config, IWeights weights, InferenceOptions options)
    {
        Check(config.Vision, "image");
        var device = ExecutionDevice.Resolve(options);
        return new TowerSession(
            ImageTowerGraph.Build(config, weights, options.Precision, TakesConstants(options)), options, device);
    }

    /// <exception cref="ClipException">As for <see cref="LoadImage"/>.</exception>
    public static TowerSession LoadText(ClipConfig config, IWeights weights, InferenceOptions options)
    {
        Check(config.Text, "text");
        var device = ExecutionDevice.Resolve(options);
        return new TowerSession(
            TextTowerGraph.Build(config, weights, options.Precision, TakesConstants(options)), options, device);
    }

    /// <summary>Only the runtime's own kernels for the processor take tensors in memory.</summary>
    private static bool TakesConstants(InferenceOptions options) => options.Device.Kind == DeviceKind.Cpu;

    private static void Check(TowerConfig tower, string name)
    {
        if (tower.Layers < 1 || tower.Heads < 1 || tower.Width % tower.Heads != 0)
        {
            throw new ClipException(
                ClipErrorReason.InvalidModel,
                $"The {name} tower has {tower.Layers} layers and {tower.Heads} heads with a width of {tower.Width}; " +
                "it needs at least one layer, and heads that divide the width.");
        }
    }
}
