using ClipGrpc.Models.Catalog;

namespace ClipGrpc.Serving.Models;

/// <summary>The models of this server by name. The first that is there is the default.</summary>
internal sealed class ModelRegistry(IModelLoader loader, IModelObserver observer)
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

    /// <summary>Called when a model has failed for good.</summary>
    public Action? ModelFailed { get; set; }

    /// <summary>How many models there are, and how many of them have failed for good.</summary>
    public (int All, int Failed) Count()
    {
        lock (_lock)
            return (_slots.Count, _slots.Count(slot => slot.State == ModelState.Failed));
    }

    public string Describe()
    {
        lock (_lock)
        {
            var open = _slots.Where(slot => slot.KeepsFromReady)
                .Select(slot => $"{slot.Spec.Name} ({slot.State.ToString().ToLowerInvariant()})").ToArray();
            if (open.Length > 0)
                return $"Models that are not ready: {string.Join(", ", open)}.";
            return _slots.Count == 0 ? "No model is loaded." : "All models are ready.";
        }
    }

    /// <summary>The model of a name; the empty name is the default.</summary>
    /// <exception cref="ClipException">
    /// NotFound, listing the models; Unavailable: loading, draining or failed.
    /// </exception>
    public RunningModel Get(string name)
    {
        lock (_lock)
        {
            var slot = name.Length == 0 ? FindDefault() : Find(name);
            if (slot is null)
                throw NotFound(name);

            return slot.State switch
            {
                ModelState.Ready => slot.Running!,
                ModelState.Loading => throw IsLoading(slot),
                ModelState.Draining => throw Unavailable(slot, ClipErrorReason.ModelUnloading, "is being unloaded"),
                ModelState.Restarting => throw Unavailable(
                    slot, ClipErrorReason.ModelRestarting, "is being restarted after a failure of its device"),
                _ => throw Unavailable(
                    slot, ClipErrorReason.ModelFailed, "has failed; the server's log has the cause"),
            };
        }
    }

    /// <summary>The default first, the others by name.</summary>
    public IReadOnlyList<ModelEntry> List()
    {
        lock (_lock)
        {
            var first = FindDefault();
            return
            [
                .. _slots.OrderBy(slot => slot != first).ThenBy(slot => slot.Spec.Name, StringComparer.Ordinal)
                    .Select(slot => slot.ToEntry(isDefault: slot == first)),
            ];
        }
    }

    /// <summary>One model, in whatever state; the empty name is the default.</summary>
    /// <exception cref="ClipException">NotFound, listing what there is.</exception>
    public ModelEntry GetEntry(string name) =>
        List().FirstOrDefault(entry => name.Length == 0 ? entry.IsDefault : entry.Spec.Name == name)
        ?? throw NotFound(name);

    /// <summary>Whether there is a model of the name, in any state.</summary>
    public bool Contains(string name)
    {
        lock (_lock)
            return Find(name) is not null;
    }

    /// <summary>Names models that will be loaded, so that they show as loading before their turn comes.</summary>
    public void Announce(IEnumerable<ModelSpec> specs)
    {
        foreach (var spec in specs)
            Add(spec, announced: true);
    }

    /// <summary>Loads a model that was announced. Nobody else can: its name is taken from then on.</summary>
    /// <exception cref="ClipException">All that the loader throws.</exception>
    public Task<ModelEntry> LoadAnnouncedAsync(ModelSpec spec, CancellationToken cancellationToken)
    {
        Slot slot;
        lock (_lock)
            slot = Find(spec.Name)!;
        return LoadAsync(slot, cancellationToken);
    }

    /// <summary>Loads a model beside the others.</summary>
    /// <exception cref="ClipException">InvalidInput: the name is taken; and all that the loader throws.</exception>
    public Task<ModelEntry> LoadAsync(ModelSpec spec, CancellationToken cancellationToken) =>
        LoadAsync(Add(spec, announced: false), cancellationToken);
    /// <summary>Answers what the model had accepted, then frees it.</summary>
    public async Task UnloadAsync(string name)
    {
        Slot slot;
        lock (_lock)
        {
            slot = Find(name) ?? throw NotFound(name);
            if (slot.State == ModelState.Loading)
                throw IsLoading(slot);
            if (slot.State == ModelState.Draining)
                throw Unavailable(slot, ClipErrorReason.ModelUnloading, "is already being unloaded");

            Become(slot, ModelState.Draining, slot.Running);
        }

        await slot.Running!.DisposeAsync();
        Remove(slot);
    }

    public async ValueTask DisposeAsync()
    {
        RunningModel[] models;
        lock (_lock)
            models = [.. _slots.Select(slot => slot.Running).OfType<RunningModel>()];
        await Task.WhenAll(models.Select(model => model.DisposeAsync().AsTask()));
    }

    private async Task<ModelEntry> LoadAsync(Slot slot, CancellationToken cancellationToken)
    {
        try
        {
            var model = await loader.LoadAsync(slot.Spec, cancellationToken);
            Become(slot, ModelState.Ready, model);
            model.Interrupted = begins => Interrupt(slot, model, begins);
            _ = WatchAsync(slot, model);
            return EntryOf(slot);
        }
        catch
        {
            Remove(slot);
            throw;
        }
    }

    private Slot Add(ModelSpec spec, bool announced)
    {
        lock (_lock)
        {
            if (Find(spec.Name) is not null)
            {
                throw new ClipException(
                    ClipErrorReason.ModelExists, $"A model \"{spec.Name}\" already exists; unload it first.")
                {
                    Metadata = MetadataOf(spec.Name),
                }.At("name");
            }

            var slot = new Slot(spec, announced);
            _slots.Add(slot);
            Become(slot, ModelState.Loading, model: null);
            return slot;
        }
    }

    // The observer is told inside the lock, so that it sees the changes in their order.
    private void Become(Slot slot, ModelState state, RunningModel? model)
    {
        lock (_lock)
        {
            slot.Become(state, model);
            observer.Changed(slot.Spec, state, model?.Info, IsReady);
        }
    }

    private void Remove(Slot slot)
    {
        lock (_lock)
        {
            _slots.Remove(slot);
            observer.Removed(slot.Spec, slot.Running?.Info, IsReady);
        }
    }

    private async Task WatchAsync(Slot slot, RunningModel model)
    {
        await model.Failed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!model.Failed.IsCompletedSuccessfully || slot.State is not (ModelState.Ready or ModelState.Restarting))
                return;
            Become(slot, ModelState.Failed, model);
        }

        ModelFailed?.Invoke();
    }

    private void Interrupt(Slot slot, RunningModel model, bool begins)
    {
        lock (_lock)
        {
            if (slot.State == (begins ? ModelState.Ready : ModelState.Restarting))
                Become(slot, begins ? ModelState.Restarting : ModelState.Ready, model);
        }
    }

    private ModelEntry EntryOf(Slot slot)
    {
        lock (_lock)
            return slot.ToEntry(slot == FindDefault());
    }

    /// <summary>The first model; while it is being unloaded, the next one takes its place.</summary>
    private Slot? FindDefault() =>
        _slots.Find(slot => slot.State != ModelState.Draining) ?? _slots.FirstOrDefault();

    private Slot? Find(string name) => _slots.Find(slot => slot.Spec.Name == name);

    private ClipException NotFound(string name)
    {
        string[] names;
        lock (_lock)
            names = [.. _slots.Select(slot => slot.Spec.Name)];
        var loaded = names.Length == 0 ? "No model is loaded." : $"Loaded models: {string.Join(", ", names)}.";
        return new ClipException(
            ClipErrorReason.ModelNotFound,
            name.Length == 0 ? loaded : $"Model \"{Excerpt.Of(name)}\" not found. {loaded}")
        {
            Metadata = MetadataOf(Excerpt.Of(name)),
        };
    }

    private static ClipException IsLoading(Slot slot) =>
        Unavailable(slot, ClipErrorReason.ModelLoading, "is still loading");

    private static ClipException Unavailable(Slot slot, ClipErrorReason reason, string why) =>
        new(reason, $"The model \"{slot.Spec.Name}\" {why}.") { Metadata = MetadataOf(slot.Spec.Name) };

    private static IReadOnlyDictionary<string, string> MetadataOf(string model) =>
        ErrorMetadata.Of(ErrorMetadata.Model, model);

    private sealed class Slot(ModelSpec spec, bool isAnnounced)
    {
        public ModelSpec Spec { get; } = spec;

        /// <summary>The server was started with it.</summary>
        public bool IsAnnounced { get; } = isAnnounced;

        public ModelState State { get; private set; }

        public RunningModel? Running { get; private set; }

        public bool KeepsFromReady =>
            State is ModelState.Failed or ModelState.Restarting || (State == ModelState.Loading && IsAnnounced);

        public void Become(ModelState state, RunningModel? model) => (State, Running) = (state, model);

        public ModelEntry ToEntry(bool isDefault) => new(Spec, State, Running, isDefault);
    }
}
