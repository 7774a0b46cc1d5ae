namespace ClipGrpc.Models.Hub;

/// <summary>Is told how a download goes, from one thread at a time. Sizes are in bytes.</summary>
internal interface IDownloadProgress
{
    /// <param name="done">What an earlier, interrupted download left.</param>
    void Started(string file, long done, long total);

    /// <summary>May go back, where a part that was there cannot be used.</summary>
    void Advanced(string file, long done, long total);

    /// <summary>The file is complete, verified and visible.</summary>
    void Finished(string file, long total);

    /// <summary>Another process fetches the same file.</summary>
    void Waiting(string file);

    /// <summary>A request failed and is sent again after <paramref name="delay"/>.</summary>
    void Retrying(string file, string problem, TimeSpan delay);

    /// <summary>A file of the cache is not what its hash says, and is fetched again.</summary>
    void Damaged(string file, string problem);

    /// <summary>The Hub cannot be asked, and what the cache has is used.</summary>
    void UsingCache(string model, string commit, string problem);
}
