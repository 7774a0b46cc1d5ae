using System.Collections;

namespace ClipGrpc.Server.Configuration;

/// <summary>What is wrong with the configuration, each mistake with its key.</summary>
internal sealed class SettingMistakes : IReadOnlyCollection<SettingMistake>
{
    private readonly List<SettingMistake> _mistakes = [];

    public int Count => _mistakes.Count;

    /// <summary>Adds a mistake.</summary>
    /// <param name="key">The configuration key: <c>Clip:Server:GrpcPort</c>.</param>
    /// <param name="problem">The rest of the sentence: "must be …".</param>
    public void Add(string key, string problem) => _mistakes.Add(new SettingMistake(key, problem));

    /// <summary>Adds a key that means nothing.</summary>
    public void AddUnknown(IConfigurationSection unknown, IEnumerable<string> known)
    {
        var names = known.Order().ToList();
        var near = NearestName.Find(unknown.Key, names);
        Add(unknown.Path, near is null
            ? $"is not a setting; there are {string.Join(", ", names)}"
            : $"is not a setting; did you mean {near}?");
    }

    public bool Mentions(string key) =>
        _mistakes.Exists(mistake => mistake.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    public IEnumerator<SettingMistake> GetEnumerator() => _mistakes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
