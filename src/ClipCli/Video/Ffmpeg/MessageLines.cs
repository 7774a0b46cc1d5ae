using System.Text;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>The first and the last lines of a process's standard error; never more than a few KiB.</summary>
internal sealed class MessageLines
{
    private const int Kept = 12;
    private const int MaxLineChars = 400;

    private readonly List<string> _first = [];
    private readonly Queue<string> _last = [];
    private readonly StringBuilder _line = new();

    public int Count { get; private set; }

    public IEnumerable<string> Lines => [.. _first, .. _last];

    public async Task ReadAsync(TextReader reader)
    {
        var block = new char[1024];
        while (await reader.ReadAsync(block) is var read and > 0)
        {
            foreach (var next in block.AsSpan(0, read))
                Add(next);
        }

        EndLine();
    }

    private void Add(char next)
    {
        if (next is '\n' or '\r')
            EndLine();
        else if (_line.Length < MaxLineChars)
            _line.Append(char.IsControl(next) ? ' ' : next);
    }

    private void EndLine()
    {
        var line = _line.ToString().Trim();
        _line.Clear();
        if (line.Length == 0)
            return;
        Count++;
        if (_first.Count < Kept)
        {
            _first.Add(line);
            return;
        }

        if (_last.Count == Kept)
            _last.Dequeue();
        _last.Enqueue(line);
    }
}
