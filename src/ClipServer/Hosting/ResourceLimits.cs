namespace ClipGrpc.Server.Hosting;

/// <summary>
/// Limits of the process (ulimit) with which the server could not start, or would be ended by the runtime with a stack
/// trace. Uses nothing beyond the core library, so that it can tell before anything else is loaded.
/// </summary>
internal static class ResourceLimits
{
    /// <summary>The program's files take 240 descriptors, connections and models the rest.</summary>
    private const long LeastFiles = 320;

    /// <summary>The runtime reserves address space beforehand, without using it.</summary>
    private const long LeastAddressSpace = 5L << 30;

    private const string LimitsFile = "/proc/self/limits";
    private const string Files = "Max open files";
    private const string AddressSpace = "Max address space";

    /// <summary>One sentence for the operator; null: there is none.</summary>
    public static string? FindProblem()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(LimitsFile))
            return null;
        return FindProblem(File.ReadAllText(LimitsFile));
    }

    /// <param name="limits">The text of <c>/proc/self/limits</c>.</param>
    public static string? FindProblem(string limits)
    {
        if (Read(limits, Files) is { } files && files < LeastFiles)
        {
            return $"It can open {files} files but needs at least {LeastFiles}: raise the limit (ulimit -n, "
                + "LimitNOFILE).";
        }

        if (Read(limits, AddressSpace) is { } bytes && bytes < LeastAddressSpace)
        {
            return $"It can use {bytes >> 20} MiB of address space but needs at least {LeastAddressSpace >> 20} MiB: "
                + "raise the limit (ulimit -v, LimitAS), and limit the memory of a container instead.";
        }

        return null;
    }

    /// <summary>The soft limit, which the runtime has raised as far as it may; null: there is none.</summary>
    private static long? Read(string limits, string name)
    {
        foreach (var line in limits.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal))
                continue;
            var columns = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return columns.Length > 0 && long.TryParse(columns[0], out var limit) ? limit : null;
        }

        return null;
    }
}
