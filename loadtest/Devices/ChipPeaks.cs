using System.Text.RegularExpressions;

namespace ClipGrpc.LoadTest.Devices;

/// <summary>What chips can do at most by their data sheets: dense float16 products with float32 sums.</summary>
internal static class ChipPeaks
{
    // The longer of two names first where one is in the other.
    private static readonly (string Name, double TeraFlops)[] Known =
    [
        ("H100 PCIe", 756), ("H100 NVL", 835), ("H100", 989), ("H200", 989), ("B200", 2250), ("GH200", 989),
        ("A100", 312), ("A30", 165), ("A40", 150), ("A10", 125), ("L40S", 362), ("L40", 181), ("L4", 121), ("T4", 65),
    ];

    /// <summary>In TFLOPS, by the driver's name of a device; null: not known.</summary>
    public static double? Find(string device)
    {
        foreach (var (name, peak) in Known)
        {
            if (Regex.IsMatch(device, $@"\b{Regex.Escape(name)}\b", RegexOptions.IgnoreCase))
                return peak;
        }

        return null;
    }
}
