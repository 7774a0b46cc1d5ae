
namespace ClipGrpc.Serving.Models;

/// <summary>The models of this server by name. The first that is there is the default.</summary>
internal sealed class ModelRegistry(IVariantLoader loader, IModelObserver observer)
    : IReadiness, ILiveness, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Slot> _slots = [];

    /// <summary>Every model that the server was started with serves, and none has failed.</summary>
    public bool IsReady
    {
        get
        {
            lock (_lock)
                return _slots.Count > 0 && !_slots.Exists(slot => slot.KeepsFromReady);
        }
    }

    public bool IsAlive
    {
        get
        {
            lock (_lock)
                return !_slots.Exists(slot => slot.State == ModelState.Failed);
        }
    }

    public string Describe()
    {
        lock (_lock)
        {
            var open = _slots.Where(slot => slot.KeepsFromReady)
                .Select(slot => $"{slot.Request.Name} ({slot.State.ToString().ToLowerInvariant()})").ToArray();
            if (open.Length > 0)
                return $"Models that do not serve: {string.Join(", ", open)}.";
            return _slots.Count == 0 ? "There is no model." : "All models serve.";
        }
    }

    /// <summary>The model of a name; the empty name is the default.</summary>
    /// <exception cref="ClipException">NotFound, listing what there is; Unavailable: loading, draining or failed.</exception>
    public ClipVariant Get(string name)
    {
        lock (_lock)
        {
            var slot = name.Length == 0 ? _slots.FirstOrDefault() : Find(name);
            if (slot is null)
                throw NotFound(name);

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
        {
            return
            [
                .. _slots.Take(1).Select(slot => slot.ToEntry(isDefault: true)),
                .. _slots.Skip(1).OrderBy(slot => slot.Request.Name, StringComparer.Ordinal)
                    .Select(slot => slot.ToEntry(isDefault: false)),
            ];
        }
    }

    /// <summary>One model, in whatever state; the empty name is the default.</summary>
    /// <exception cref="ClipException">NotFound, listing what there is.</exception>
    public ModelEntry GetEntry(string name) =>
        List().FirstOrDefault(entry => name.Length == 0 ? entry.IsDefault : entry.Request.Name == name)
        ?? throw NotFound(name);

    /// <summary>Names models that will be loaded, so that they show as loading before their turn comes.</summary>
    public void Announce(IEnumerable<ModelRequest> requests)
    {
        foreach (var request in requests)
            Add(request, announced: true);
    }

    /// <summary>Loads a model that was announced. Nobody else can: its name is taken from then on.</summary>
    /// <exception cref="ClipException">All that the loader throws.</exception>
    public Task<ModelEntry> LoadAnnouncedAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        Slot slot;
        lock (_lock)
            slot = Find(request.Name)!;
        return LoadAsync(slot, cancellationToken);
    }

    /// <summary>Loads a model beside the others.</summary>
    /// <exception cref="ClipException">InvalidInput: the name is taken; and all that the loader throws.</exception>
    public Task<ModelEntry> LoadAsync(ModelRequest request, CancellationToken cancellationToken) =>
        LoadAsync(Add(request, announced: false), cancellationToken);
    /// <summary>Answers what the model had accepted, then frees it.</summary>
    public async Task UnloadAsync(string name)
    {
        Slot slot;
        lock (_lock)
        {
            slot = Find(name) ?? throw NotFound(name);
            if (slot.State == ModelState.Loading)
                throw Unavailable(slot, "is still loading");
            if (slot.State == ModelState.Draining)
                throw Unavailable(slot, "is being unloaded already");

            Become(slot, ModelState.Draining, slot.Variant);
        }

        await slot.Variant!.DisposeAsync();
        Remove(slot);
    }

    public async ValueTask DisposeAsync()
    {
        ClipVariant[] variants;
        lock (_lock)
            variants = [.. _slots.Select(slot => slot.Variant).OfType<ClipVariant>()];
        await Task.WhenAll(variants.Select(variant => variant.DisposeAsync().AsTask()));
    }

    private async Task<ModelEntry> LoadAsync(Slot slot, CancellationToken cancellationToken)
    {
        try
        {
            var variant = await loader.LoadAsync(slot.Request, cancellationToken);
            Become(slot, ModelState.Ready, variant);
            _ = WatchAsync(slot, variant);
            return EntryOf(slot);
        }
        catch
        {
            Remove(slot);
            throw;
        }
    }

    private Slot Add(ModelRequest request, bool announced)
    {
        lock (_lock)
        {
            if (Find(request.Name) is not null)
            {
                throw new ClipException(
                    ClipErrorCode.InvalidInput, $"name: There is a model \"{request.Name}\" already; unload it first.");
            }

            var slot = new Slot(request, announced);
            _slots.Add(slot);
            Become(slot, ModelState.Loading, variant: null);
            return slot;
        }
    }

    // The observer is told inside the lock, so that it sees the changes in their order.
    private void Become(Slot slot, ModelState state, ClipVariant? variant)
    {
        lock (_lock)
        {
            slot.Become(state, variant);
            observer.Changed(slot.Request, state, variant?.Description, IsReady);
        }
    }

    private void Remove(Slot slot)
    {
        lock (_lock)
        {
            _slots.Remove(slot);
            observer.Removed(slot.Request, slot.Variant?.Description, IsReady);
        }
    }

    private async Task WatchAsync(Slot slot, ClipVariant variant)
    {
        await variant.Failed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (variant.Failed.IsCompletedSuccessfully && slot.State == ModelState.Ready)
                Become(slot, ModelState.Failed, variant);
        }
    }

    private ModelEntry EntryOf(Slot slot)
    {
        lock (_lock)
            return slot.ToEntry(ReferenceEquals(slot, _slots.FirstOrDefault()));
    }

    private Slot? Find(string name) => _slots.Find(slot => slot.Request.Name == name);

    private ClipException NotFound(string name)
    {
        string[] names;
        lock (_lock)
            names = [.. _slots.Select(slot => slot.Request.Name)];
        var there = names.Length == 0 ? "There are none." : $"There are: {string.Join(", ", names)}.";
        return new ClipException(
            ClipErrorCode.NotFound,
            name.Length == 0 ? "This server has no model." : $"There is no model \"{Excerpt.Of(name)}\" here. {there}");
    }

    private static ClipException Unavailable(Slot slot, string why) =>
        new(ClipErrorCode.Unavailable, $"The model \"{slot.Request.Name}\" {why}.");

    private sealed class Slot(ModelRequest request, bool isAnnounced)
    {
        public ModelRequest Request { get; } = request;

        /// <summary>The server was started with it.</summary>
        public bool IsAnnounced { get; } = isAnnounced;

        public ModelState State { get; private set; }

        public ClipVariant? Variant { get; private set; }

        public bool KeepsFromReady => State == ModelState.Failed || (State == ModelState.Loading && IsAnnounced);

        public void Become(ModelState state, ClipVariant? variant) => (State, Variant) = (state, variant);

        public ModelEntry ToEntry(bool isDefault) => new(Request, State, Variant, isDefault);
    }
}
