using static ClipGrpc.Models.Files.CheckpointErrors;

namespace ClipGrpc.Models.Checkpoints.PyTorch;

/// <summary>
/// Runs the opcodes of a protocol 2 pickle that <c>torch.save</c> needs for a dictionary of tensors. It calls nothing
/// but the few builders in <see cref="TensorBuilder"/>; any other name or opcode is refused. Work and memory are
/// bounded by the number of opcodes; values are never walked recursively, so a value may hold itself.
/// </summary>
/// <remarks>Source of the format: CPython's Lib/pickletools.py.</remarks>
internal ref struct RestrictedUnpickler(ReadOnlySpan<byte> pickle, string file)
{
    /// <summary>A checkpoint of 2,000 tensors needs about 50,000.</summary>
    private const int MaxOpcodes = 500_000;

    private const int MaxStack = 100_000;
    private const byte SupportedProtocol = 2;

    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = new();
    private readonly Dictionary<uint, object?> _memo = [];
    private PickleReader _reader = new(pickle, file);

    /// <summary>The pickled value.</summary>
    /// <exception cref="ClipException">The pickle is damaged, or asks for something else than tensors.</exception>
    public object? Load()
    {
        for (var i = 0; i < MaxOpcodes; i++)
        {
            var opcode = _reader.ReadByte();
            if (opcode == '.')
                return Pop();
            if (_stack.Count >= MaxStack)
                throw Invalid(file, $"the pickle needs a stack of more than {MaxStack} values.");
            Run(opcode);
        }

        throw Invalid(file, $"the pickle has more than {MaxOpcodes} opcodes.");
    }

    private void Run(byte opcode)
    {
        if (TryReadLiteral(opcode, out var literal))
            _stack.Add(literal);
        else
            RunOperation(opcode);
    }

    private bool TryReadLiteral(byte opcode, out object? value)
    {
        value = opcode switch
        {
            (byte)'K' => (long)_reader.ReadByte(),
            (byte)'M' => (long)_reader.ReadUInt16(),
            (byte)'J' => (long)_reader.ReadInt32(),
            0x8A => _reader.ReadLong1(),
            0x88 => true,
            0x89 => false,
            (byte)'X' => _reader.ReadText(),
            (byte)')' => Array.Empty<object?>(),
            (byte)'}' => new PickleDictionary(),
            (byte)'c' => FindGlobal(_reader.ReadGlobal()),
            (byte)'h' => Recall(_reader.ReadByte()),
            (byte)'j' => Recall(_reader.ReadUInt32()),
            _ => null,
        };
        return value is not null || opcode is (byte)'N' or (byte)'h' or (byte)'j';
    }

    private void RunOperation(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: CheckProtocol(_reader.ReadByte()); break;
            case (byte)'(': _marks.Push(_stack.Count); break;
            case (byte)'q': _memo[_reader.ReadByte()] = Peek(); break;
            case (byte)'r': _memo[_reader.ReadUInt32()] = Peek(); break;
            case (byte)'t': _stack.Add(PopToMark()); break;
            case 0x85: _stack.Add(PopMany(1)); break;
            case 0x86: _stack.Add(PopMany(2)); break;
            case 0x87: _stack.Add(PopMany(3)); break;
            case (byte)'s': AddItems(PopMany(2)); break;
            case (byte)'u': AddItems(PopToMark()); break;
            case (byte)'Q': _stack.Add(TensorBuilder.Storage(Pop(), file)); break;
            case (byte)'R': Reduce(); break;
            case (byte)'b': Build(); break;
            default:
                throw Invalid(file, $"the pickle has the opcode 0x{opcode:X2}, which is not needed for tensors.");
        }
    }

    private readonly void CheckProtocol(byte protocol)
    {
        if (protocol != SupportedProtocol)
            throw Invalid(file, $"pickle protocol {protocol} is not supported; torch.save writes {SupportedProtocol}.");
    }

    private readonly PickleGlobal FindGlobal(string name) =>
        PickleGlobal.Find(name)
        ?? throw Invalid(file, $"the pickle requires {Quote(name)}, which is not allowed: only tensors are loaded.");

    private readonly object? Recall(uint index) =>
        _memo.TryGetValue(index, out var value)
            ? value
            : throw Invalid(file, $"the pickle gets the value {index}, which it has not put.");

    private readonly void Reduce()
    {
        var arguments = Pop() as object?[];
        var callee = Pop() as PickleGlobal;
        if (arguments is null || callee is null)
            throw Invalid(file, "the pickle calls something that is not a function.");
        _stack.Add(TensorBuilder.Call(callee, arguments, file));
    }

    /// <summary>
    /// Sets attributes of an object. A module's state has one, <c>_metadata</c>, with versions of its parts; it says
    /// nothing of the tensors.
    /// </summary>
    private readonly void Build()
    {
        var state = Pop();
        if (state is not PickleDictionary || Peek() is not PickleDictionary)
            throw Invalid(file, "the pickle sets the state of something that is not a dictionary.");
    }

    private readonly void AddItems(object?[] items)
    {
        if (Peek() is not PickleDictionary dictionary || items.Length % 2 != 0)
            throw Invalid(file, "the pickle adds items to something that is not a dictionary.");

        for (var i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not string key)
                throw Invalid(file, "the pickle has a dictionary with a key that is not a string.");
            if (!dictionary.TryAdd(key, items[i + 1]))
                throw Invalid(file, $"the pickle has a duplicate key {Quote(key)}.");
        }
    }

    private readonly object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Underflow();

    private readonly object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private readonly object?[] PopMany(int count)
    {
        if (_stack.Count - count < Floor)
            throw Underflow();

        var values = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private readonly object?[] PopToMark()
    {
        if (!_marks.TryPop(out var mark))
            throw Invalid(file, "the pickle pops to a mark that it has not pushed.");
        return PopMany(_stack.Count - mark);
    }

    /// <summary>Values under the last mark are out of reach until the group ends.</summary>
    private readonly int Floor => _marks.TryPeek(out var mark) ? mark : 0;

    private readonly ClipException Underflow() =>
        Invalid(file, "the pickle pops more values than it has pushed.");
}
