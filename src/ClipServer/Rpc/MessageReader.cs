using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ClipGrpc.Server.Access;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Serving.Budget;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The body of a gRPC call between Kestrel and the framework. The prefix of a message says how long it is; that much
/// memory is reserved before more of it is read, so what does not fit the budget stays with the caller, held by HTTP/2
/// flow control. The framework gets whole messages only: they are counted, and decompressed, before it sees them.
/// </summary>
/// <remarks>
/// One object per call, and nothing more unless a call has to wait. Reads come one at a time, as from any pipe; memory
/// of messages that were read can be given back from anywhere.
/// </remarks>
internal sealed class MessageReader : PipeReader, IRequestBodyPipeFeature
{
    private const int PrefixLength = 5;

    /// <summary>In each <see cref="MessageSettings.Timeout"/> at least this part of a message must arrive.</summary>
    private const int TimeoutParts = 8;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly string _rpc;
    private readonly PipeReader _inner;
    private readonly MessageSettings _settings;
    private readonly MessageScan _scan;
    private readonly HttpContext _context;
    private readonly bool _isUnary;
    private readonly Lock _lock = new();

    private Stage _stage;
    private bool _isCompressed;
    private int _length;
    private MemoryShare? _receiving;
    private long _reserved;
    private SizeClass _sizeClass;
    private long _parsedBytes;
    private HeldMemory _parsed;
    private HeldMemory _response;
    private long _kept;
    private long _heldSmall;
    private long _heldLarge;
    private bool _ended;

    private ITimer? _timer;
    private bool _isTimed;
    private bool _timedOut;
    private long _received;
    private long _receivedBefore;

    public MessageReader(
        HttpContext context, string rpc, bool isUnary, MessageScan scan, MessageSettings settings)
    {
        _rpc = rpc;
        _inner = context.Request.BodyReader;
        _settings = settings;
        _scan = scan;
        _context = context;
        _isUnary = isUnary;
    }

    private enum Stage
    {
        /// <summary>Before the prefix of a message.</summary>
        Between,

        /// <summary>Memory is reserved, and the message is not complete.</summary>
        Receiving,

        /// <summary>The framework has the message and has not consumed it.</summary>
        Delivered,

        /// <summary>It has a decompressed copy.</summary>
        DeliveredCopy,

        /// <summary>It refuses what came, by its own rules.</summary>
        Refused,
    }

    public PipeReader Reader => this;

    /// <summary>The reader of a call; null where the call is not metered.</summary>
    public static MessageReader? Of(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<IRequestBodyPipeFeature>() as MessageReader;

    /// <summary>
    /// Takes over the memory of the message that was read last, to be given back with <see cref="Return"/>. Otherwise
    /// it is free when the next message is read, or, in a unary call, when the call ends.
    /// </summary>
    public HeldMemory Take()
    {
        var taken = _parsed;
        _parsed = default;
        return taken;
    }

    /// <summary>Thread-safe, and without effect once the call has ended.</summary>
    public void Return(HeldMemory memory)
    {
        lock (_lock)
        {
            if (_ended || memory.Bytes == 0)
                return;

            Held(memory.SizeClass) -= memory.Bytes;
        }

        _settings.Budget.Messages.Release(memory.Bytes, memory.SizeClass);
    }

    /// <summary>
    /// Reserves memory for the largest response that the call may have at a time, until the call ends. What is larger
    /// than the share takes the share.
    /// </summary>
    /// <exception cref="RpcException">ResourceExhausted: there was no room for some time.</exception>
    public async ValueTask ReserveResponseAsync(long bytes)
    {
        var share = _settings.Budget.Responses;
        var memory = new HeldMemory(
            Math.Min(MemoryBudget.ResponseFactor * bytes, share.Largest), MemoryBudget.SizeClassOf(bytes));
        if (!share.TryReserve(memory.Bytes, memory.SizeClass))
            await ReserveAsync(share, memory, window: 0, isBounded: true, CancellationToken.None);
        _response = memory;
    }

    /// <summary>
    /// Reserves memory for what the call keeps beside its messages, until it ends. It does not wait: the call may have
    /// memory that others wait for.
    /// </summary>
    /// <exception cref="ClipException">MemoryExhausted: there is no room now.</exception>
    public void Keep(long bytes)
    {
        if (!_settings.Budget.Responses.TryReserve(bytes, SizeClass.Small))
            throw MemoryBudget.Exhausted(RetryAfter);

        lock (_lock)
        {
            if (!_ended)
            {
                _kept += bytes;
                return;
            }
        }

        _settings.Budget.Responses.Release(bytes, SizeClass.Small);
    }

    /// <summary>Whether the response may still be on its way to the caller when the call has ended.</summary>
    public bool HasLargeResponse => _response.SizeClass == SizeClass.Large;

    /// <summary>Gives back everything: the call has ended.</summary>
    public void End()
    {
        _timer?.Dispose();
        FreeReceiving();

        // Should a read be under way all the same, it reserves nothing more.
        _stage = Stage.Refused;
        _settings.Budget.Responses.Release(_response.Bytes, _response.SizeClass);
        long small, large, kept;
        lock (_lock)
        {
            _ended = true;
            (small, large, kept) = (_heldSmall, _heldLarge, _kept);
            (_heldSmall, _heldLarge, _kept) = (0, 0, 0);
        }

        if (kept > 0)
            _settings.Budget.Responses.Release(kept, SizeClass.Small);

        if (small > 0)
            _settings.Budget.Messages.Release(small, SizeClass.Small);
        if (large > 0)
            _settings.Budget.Messages.Release(large, SizeClass.Large);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!_isUnary)
            Return(Take());
        while (true)
        {
            Time(Volatile.Read(ref _received) > 0);
            var read = await _inner.ReadAsync(cancellationToken);
            if (_timedOut)
                throw TimedOut(read);
            if (await AcceptAsync(read, cancellationToken) is { } accepted)
                return accepted;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        switch (_stage)
        {
            case Stage.Delivered:
                _inner.AdvanceTo(consumed, examined);
                Consumed();
                break;
            case Stage.DeliveredCopy:
                Consumed();
                break;
            default:
                _inner.AdvanceTo(consumed, examined);
                break;
        }
    }

    public override bool TryRead(out ReadResult result) =>
        throw new NotSupportedException("Messages are read asynchronously.");

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    /// <returns>What the framework gets; null: more must be read first.</returns>
    private ValueTask<ReadResult?> AcceptAsync(ReadResult read, CancellationToken cancellationToken)
    {
        var buffer = read.Buffer;
        if (read.IsCanceled || _stage == Stage.Refused)
            return new(read);
        if (_stage == Stage.Between && !TryReadPrefix(buffer))
            return new(ReadOn(read));
        if (_stage == Stage.Refused)
            return new(read);
        if (_stage == Stage.Between && !_receiving!.TryReserve(_reserved, _sizeClass))
        {
            // Nothing counts as looked at, so the caller may not send more than the window of its stream.
            _inner.AdvanceTo(buffer.Start, buffer.Start);
            return WaitForRoomAsync(cancellationToken);
        }

        _stage = Stage.Receiving;
        if (buffer.Length < PrefixLength + _length)
            return new(ReadOn(read));
        if (_isCompressed && Decompressor() is { } decompressor)
            return DecompressAsync(buffer, decompressor, cancellationToken);

        Scan(read, buffer.Slice(PrefixLength, _length));
        _stage = Stage.Delivered;
        var message = buffer.Slice(0, PrefixLength + _length);
        return new(new ReadResult(message, false, read.IsCompleted && message.Length == buffer.Length));
    }

    /// <summary>The framework finds what is wrong with a body that has ended; otherwise more is read.</summary>
    private ReadResult? ReadOn(in ReadResult read)
    {
        if (read.IsCompleted)
            return read;

        Volatile.Write(ref _received, read.Buffer.Length);
        _inner.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        return null;
    }

    private bool TryReadPrefix(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < PrefixLength)
            return false;

        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1 || length > _settings.MaxMessageBytes)
        {
            _stage = Stage.Refused;
            return true;
        }

        _isCompressed = prefix[0] == 1 && Decompressor() is not null;
        _length = (int)length;
        _receiving = _isCompressed ? _settings.Budget.Compressed : _settings.Budget.Messages;
        _reserved = _isCompressed ? _length : MemoryBudget.CostOf(_length);
        _sizeClass = MemoryBudget.SizeClassOf(_length);
        return true;
    }

    /// <returns>Null: reserved, and to be read on.</returns>
    private async ValueTask<ReadResult?> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        Time(false);
        var window = Math.Min(_length + PrefixLength, _settings.StreamWindow);
        await ReserveAsync(
            _receiving!, new HeldMemory(_reserved, _sizeClass), window, isBounded: _isUnary, cancellationToken);
        _stage = Stage.Receiving;
        return null;
    }

    /// <summary>
    /// A stream waits as long as its call lives, a unary call for a bounded time. What waits is in the connection's
    /// window, which it must not fill: the messages of the same connection that have their memory need it.
    /// </summary>
    /// <param name="window">Bytes that stay in the window meanwhile.</param>
    private async Task ReserveAsync(
        MemoryShare share, HeldMemory memory, int window, bool isBounded, CancellationToken cancellationToken)
    {
        var origin = _context.Features.Get<ConnectionOrigin>();
        if (origin?.TryWait(window, _settings.MaxWaitingWindow) == false)
            throw NoRoom();

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _context.RequestAborted);
        using var limit = isBounded ? new CancellationTokenSource(_settings.MaxWait, _settings.Time) : null;
        using var either = limit is null
            ? null : CancellationTokenSource.CreateLinkedTokenSource(ended.Token, limit.Token);
        try
        {
            await share.ReserveAsync(memory.Bytes, memory.SizeClass, (either ?? ended).Token);
        }
        catch (OperationCanceledException) when (limit is { IsCancellationRequested: true }
            && !ended.IsCancellationRequested)
        {
            throw NoRoom();
        }
        finally
        {
            origin?.EndWait(window);
        }
    }

    private void Scan(in ReadResult read, in ReadOnlySequence<byte> message)
    {
        Time(false);
        try
        {
            _parsedBytes = _scan.Run(message);
        }
        catch (ClipException exception)
        {
            _inner.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            throw Refuse(exception);
        }
    }

    private async ValueTask<ReadResult?> DecompressAsync(
        ReadOnlySequence<byte> buffer, Func<Stream, Stream> decompressor, CancellationToken cancellationToken)
    {
        Time(false);
        byte[] copy;
        try
        {
            var message = buffer.Slice(PrefixLength, _length);
            var size = await _settings.Decompression.MeasureAsync(
                message, decompressor, _settings.MaxMessageBytes, cancellationToken);
            await MoveToMessagesAsync(size, cancellationToken);
            copy = await _settings.Decompression.DecompressAsync(
                message, decompressor, PrefixLength, size, cancellationToken);
            BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(1), (uint)size);
            _parsedBytes = _scan.Run(new ReadOnlySequence<byte>(copy, PrefixLength, size));
        }
        catch (Exception exception)
        {
            _inner.AdvanceTo(buffer.Start, buffer.Start);
            if (exception is ClipException refusal)
                throw Refuse(refusal);
            throw;
        }

        _inner.AdvanceTo(buffer.GetPosition(PrefixLength + _length));
        _stage = Stage.DeliveredCopy;
        return new ReadResult(new ReadOnlySequence<byte>(copy), isCanceled: false, isCompleted: false);
    }

    /// <summary>Reserves for the decompressed message what it takes as any other.</summary>
    private async Task MoveToMessagesAsync(int size, CancellationToken cancellationToken)
    {
        var messages = _settings.Budget.Messages;
        var (compressed, compressedClass) = (_reserved, _sizeClass);
        (_reserved, _sizeClass) = (MemoryBudget.CostOf(size), MemoryBudget.SizeClassOf(size));
        _receiving = null;
        try
        {
            if (!messages.TryReserve(_reserved, _sizeClass))
            {
                await ReserveAsync(
                    messages, new HeldMemory(_reserved, _sizeClass), window: 0, isBounded: _isUnary, cancellationToken);
            }

            _receiving = messages;
        }
        finally
        {
            _settings.Budget.Compressed.Release(compressed, compressedClass);
        }
    }

    private Func<Stream, Stream>? Decompressor() => _context.Request.Headers["grpc-encoding"].ToString() switch
    {
        "gzip" => static stream => new GZipStream(stream, CompressionMode.Decompress),
        "deflate" => static stream => new ZLibStream(stream, CompressionMode.Decompress),
        _ => null,
    };

    /// <summary>The framework has parsed the message: its bytes on the wire are free, its objects are not.</summary>
    private void Consumed()
    {
        _stage = Stage.Between;
        _length = 0;
        Volatile.Write(ref _received, 0);
        var kept = Math.Min(_parsedBytes, _reserved);
        lock (_lock)
        {
            if (_ended)
                kept = 0;
            Held(_sizeClass) += kept;
        }

        _receiving = null;
        _parsed = new HeldMemory(kept, _sizeClass);
        _settings.Budget.Messages.Release(_reserved - kept, _sizeClass);
    }

    private void FreeReceiving()
    {
        if (_stage is Stage.Receiving or Stage.Delivered or Stage.DeliveredCopy)
            _receiving?.Release(_reserved, _sizeClass);
        _receiving = null;
    }

    private ref long Held(SizeClass sizeClass)
    {
        if (sizeClass == SizeClass.Small)
            return ref _heldSmall;
        return ref _heldLarge;
    }

    /// <summary>
    /// Turns the clock on while the caller owes the rest of a message: not while this side makes it wait. Messages that
    /// come in one piece, as nearly all do, need no clock; for unary calls without a message Kestrel has its own.
    /// </summary>
    private void Time(bool isTimed)
    {
        if (isTimed == _isTimed)
            return;

        var period = isTimed ? _settings.Timeout : Timeout.InfiniteTimeSpan;
        lock (_lock)
        {
            _isTimed = isTimed;
            _receivedBefore = 0;
            if (_timer is null)
            {
                _timer = _settings.Time.CreateTimer(
                    state => ((MessageReader)state!).CheckProgress(), this, period, period);
            }
            else
            {
                _timer.Change(period, period);
            }
        }
    }

    private void CheckProgress()
    {
        lock (_lock)
        {
            var received = Volatile.Read(ref _received);
            var isSlow = received - _receivedBefore <= _length / TimeoutParts;
            _receivedBefore = received;
            if (!_isTimed || !isSlow)
                return;

            _timedOut = true;
        }

        _inner.CancelPendingRead();
    }

    private RpcException TimedOut(in ReadResult read)
    {
        _inner.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        var received = Math.Max(read.Buffer.Length - PrefixLength, 0);
        return Refuse(new ClipException(
            ClipErrorReason.RequestTimeout,
            $"The request message was not completed in time: {received:N0} of its bytes arrived, and in the last "
            + $"{_settings.Timeout.TotalSeconds:0.###} s less than an eighth of it. Send messages as a whole."));
    }

    private RpcException NoRoom() => Refuse(MemoryBudget.Exhausted(RetryAfter));

    private RpcException Refuse(ClipException error)
    {
        var refusal = StatusMapper.ToRpcException(error);
        _settings.Logger.CallRefused(_rpc, refusal.Status, RequestId.Of(_context));
        return refusal;
    }
}
