namespace ClipGrpc.Serving;

/// <summary>Is notified of cache look-ups, for metrics.</summary>
internal interface ICacheObserver
{
    /// <param name="cache">Which cache: <c>text</c> or <c>label_set</c>.</param>
    void CacheAsked(string cache, bool hit);
}
