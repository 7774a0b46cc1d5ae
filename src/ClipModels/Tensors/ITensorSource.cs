namespace ClipGrpc.Models.Tensors;

/// <summary>Tensors of one or more weight files, by the names in the files. Views end with the source.</summary>
internal interface ITensorSource : IDisposable
{
    /// <summary>The file that a person knows it by: the weights, or the index of several.</summary>
    string Description { get; }

    /// <summary>All files it reads, without their folder.</summary>
    IReadOnlyCollection<string> Files { get; }

    IReadOnlyCollection<string> Names { get; }

    /// <exception cref="ClipException">No tensor of that name.</exception>
    TensorInfo Describe(string name);

    /// <exception cref="ClipException">No tensor of that name, or a type or shape that cannot be given out.</exception>
    TensorView Get(string name);
}
