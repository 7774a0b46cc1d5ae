using ClipGrpc.Server.Observability;

namespace ClipGrpc.Server.Engine;

/// <summary>The models of this server by name. The first that is there is the default.</summary>
internal sealed class ModelRegistry(IVariantLoader loader, IModelObserver observer, ILogger<ModelRegistry> logger)
{
    private readonly Lock _lock = new();
    private readonly List<Slot> _slots = [];

    /// <summary>The model of a name; the empty name is the default.</summary>
    /// <exception cref="ClipException">NotFound, listing what there is; Unavailable: loading, draining or failed.</exception>
    public ClipVariant Get(string name)
    {
        lock (_lock)
        {
            var slot = name.Length == 0 ? _slots.FirstOrDefault() : Find(name);
            if (slot is null) throw NotFound(name);

            return slot.State switch
            {
                ModelState.Ready => slot.Variant!,
                ModelState.Loading => throw Unavailable(slot, "is still loading"),
                ModelState.Draining => throw Unavailable(slot, "is being unloaded"),
                _ => throw Unavailable(slot, "has failed; the server's log says why"),
            };
        }
    }

    /// <summary>The default first, the others by name.</summary>
    public IReadOnlyList<ModelEntry> List()
    {
        lock (_lock)
            return
            [
                .. _slots.Take(1).Select(slot => slot.ToEntry(isDefault: true)),
                .. _slots.Skip(1).OrderBy(slot => slot.Request.Name, StringComparer.Ordinal)
                    .Select(slot => slot.ToEntry(isDefault: false)),
            ];
    }

    /// <summary>Names models that will be loaded, so that they show as loading before their turn comes.</summary>
    public void Announce(IEnumerable<ModelRequest> requests)
    {
        foreach (var request in requests) Add(request);
    }

    /// <summary>Loads a model that was announced, or a new one.</summary>
    /// <exception cref="ClipException">InvalidInput: the name is taken; and all that the loader throws.</exception>
    public async Task<ModelEntry> LoadAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        var slot = Claim(request);
        try
        {
            ServerLog.ModelLoading(logger, request.Name, request.Source);
            var variant = await loader.LoadAsync(request, cancellationToken);
            variant.Failed += () => Fail(slot);
            lock (_lock) slot.Become(ModelState.Ready, variant);
            observer.Changed(request.Name, ModelState.Ready, variant.Description);
            return EntryOf(slot);
        }
        catch
        {
            lock (_lock) _slots.Remove(slot);
            observer.Removed(request.Name);
            throw;
        }
    }

    /// <summary>Answers what the model had accepted, then frees it.</summary>
    public async Task UnloadAsync(string name, CancellationToken cancellationToken)
    {
        Slot slot;
        lock (_lock)
        {
            slot = Find(name) ?? throw NotFound(name);
            if (slot.State is ModelState.Loading or ModelState.Draining) throw Unavailable(slot, "is changing already");

            slot.Become(ModelState.Draining, slot.Variant);
        }

        observer.Changed(name, ModelState.Draining, slot.Variant!.Description);
        await slot.Variant.DisposeAsync();
        lock (_lock) _slots.Remove(slot);
        observer.Removed(name);
        ServerLog.ModelUnloaded(logger, name);
    }

    private Slot Claim(ModelRequest request)
    {
        lock (_lock)
        {
            if (Find(request.Name) is { } announced)
            {
                if (!ReferenceEquals(announced.Request, request) || announced.Claimed)
                    throw new ClipException(
                        ClipErrorCode.InvalidInput, $"name: There is a model \"{request.Name}\" already; unload it first.");
                announced.Claimed = true;
                return announced;
            }
        }

        var slot = Add(request);
        slot.Claimed = true;
        return slot;
    }

    private Slot Add(ModelRequest request)
    {
        var slot = new Slot(request);
        lock (_lock) _slots.Add(slot);
        observer.Changed(request.Name, ModelState.Loading, description: null);
        return slot;
    }

    private void Fail(Slot slot)
    {
        lock (_lock)
        {
            if (slot.State != ModelState.Ready) return;
            slot.Become(ModelState.Failed, slot.Variant);
        }

        observer.Changed(slot.Request.Name, ModelState.Failed, slot.Variant!.Description);
    }

    private ModelEntry EntryOf(Slot slot)
    {
        lock (_lock) return slot.ToEntry(ReferenceEquals(slot, _slots.FirstOrDefault()));
    }

    private Slot? Find(string name) => _slots.Find(slot => slot.Request.Name == name);

    private ClipException NotFound(string name)
    {
        var there = _slots.Count == 0 ? "There are none." : $"There are: {string.Join(", ", _slots.Select(s => s.Request.Name))}.";
        return new ClipException(
            ClipErrorCode.NotFound,
            name.Length == 0 ? "This server has no model." : $"There is no model \"{name}\" here. {there}");
    }

    private static ClipException Unavailable(Slot slot, string why) =>
        new(ClipErrorCode.Unavailable, $"The model \"{slot.Request.Name}\" {why}.");

    private sealed class Slot(ModelRequest request)
    {
        public ModelRequest Request { get; } = request;

        /// <summary>Someone loads it.</summary>
        public bool Claimed { get; set; }

        public ModelState State { get; private set; } = ModelState.Loading;

        public ClipVariant? Variant { get; private set; }

        public void Become(ModelState state, ClipVariant? variant) => (State, Variant) = (state, variant);

        public ModelEntry ToEntry(bool isDefault) => new(Request, State, Variant, isDefault);
    }
}
