using System.Collections;

namespace ClipGrpc.Server.Configuration;

/// <summary>The errors of the configuration, each with its key.</summary>
internal sealed class SettingErrors : IReadOnlyCollection<SettingError>
{
    private readonly List<SettingError> _errors = [];

    public int Count => _errors.Count;

    /// <summary>Adds an error.</summary>
    /// <param name="key">The configuration key: <c>Clip:Server:GrpcPort</c>.</param>
    /// <param name="problem">A phrase that completes the sentence "SETTING …": "must be …".</param>
    public void Add(string key, string problem) => _errors.Add(new SettingError(key, problem));

    /// <summary>Adds an unknown key.</summary>
    public void AddUnknown(IConfigurationSection unknown, IEnumerable<string> known)
    {
        var names = known.Order().ToList();
        var near = NearestName.Find(unknown.Key, names);
        Add(unknown.Path, near is null
            ? $"is not a known setting; known are {string.Join(", ", names)}"
            : $"is not a known setting; did you mean {near}?");
    }

    public bool Mentions(string key) =>
        _errors.Exists(error => error.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    public IEnumerator<SettingError> GetEnumerator() => _errors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
