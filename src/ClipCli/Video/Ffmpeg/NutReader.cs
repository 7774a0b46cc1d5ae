using System.Buffers.Binary;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>
/// Reads a NUT stream with one video track as ffmpeg writes it into a pipe: unlike raw video, each frame carries its
/// time, so frames of a variable rate keep theirs, and the header carries the size that frames have after rotation.
/// </summary>
internal sealed class NutReader(Stream stream)
{
    private const ulong MainCode = 0x4E4D7A561F5F04AD;
    private const ulong StreamCode = 0x4E5311405BF2F9DB;
    private const ulong SyncpointCode = 0x4E4BE4ADEECA4569;

    // Packets that are longer have a checksum of their header.
    private const ulong LongPacketBytes = 4096;
    private const int MaxPacketBytes = 1 << 20;
    private const int MaxFrameBytes = 1 << 30;

    private static readonly byte[] FileId = [.. "nut/multimedia container\0"u8];

    private readonly NutInput _input = new(stream);
    private readonly NutFrameCode[] _codes = new NutFrameCode[256];
    private (ulong Numerator, ulong Denominator)[] _timeBases = [];
    private byte[][] _elidedHeaders = [[]];
    private int _timeBase;
    private int _shift;
    private long _lastTimestamp;
    private bool _started;

    /// <summary>Pixels per row; 0 before the first frame.</summary>
    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="EndOfStreamException">The stream ends within a frame.</exception>
    /// <exception cref="InvalidDataException">It is not a NUT stream.</exception>
    public async ValueTask<NutFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_started && !await ReadFileIdAsync(cancellationToken))
            return null;
        while (true)
        {
            var code = await _input.ReadByteOrEndAsync(cancellationToken);
            if (code < 0)
                return null;
            if (code != 'N')
                return await ReadFrameAsync(_codes[code], cancellationToken);
            await ReadPacketAsync(cancellationToken);
        }
    }

    private async ValueTask<bool> ReadFileIdAsync(CancellationToken cancellationToken)
    {
        var id = new byte[FileId.Length];
        var first = await _input.ReadByteOrEndAsync(cancellationToken);
        if (first < 0)
            return false;
        id[0] = (byte)first;
        await _input.ReadAsync(id.AsMemory(1), cancellationToken);
        if (!id.AsSpan().SequenceEqual(FileId))
            throw new InvalidDataException("ffmpeg's output is not a NUT stream.");
        return _started = true;
    }

    private async ValueTask ReadPacketAsync(CancellationToken cancellationToken)
    {
        var start = new byte[8];
        start[0] = (byte)'N';
        await _input.ReadAsync(start.AsMemory(1), cancellationToken);
        var length = await _input.ReadUnsignedAsync(cancellationToken);
        if (length > MaxPacketBytes)
            throw new InvalidDataException("A header of ffmpeg's output is too long.");
        if (length > LongPacketBytes)
            await _input.ReadAsync(new byte[4], cancellationToken);
        var content = new byte[length];
        await _input.ReadAsync(content, cancellationToken);
        switch (BinaryPrimitives.ReadUInt64BigEndian(start))
        {
            case MainCode:
                ReadMainHeader(new NutPacket(content));
                break;
            case StreamCode:
                ReadStreamHeader(new NutPacket(content));
                break;
            case SyncpointCode:
                ReadSyncpoint(new NutPacket(content));
                break;
        }
    }

    private void ReadMainHeader(NutPacket packet)
    {
        var version = packet.Unsigned();
        if (version > 3)
            packet.Unsigned();
        if (packet.Unsigned() != 1)
            throw new InvalidDataException("ffmpeg's output has more than one track.");
        packet.Unsigned(); // max_distance
        _timeBases = new (ulong, ulong)[Math.Min(packet.Count(), MaxPacketBytes)];
        for (var i = 0; i < _timeBases.Length; i++)
            _timeBases[i] = (packet.Unsigned(), packet.Unsigned());
        if (_timeBases.Length == 0 || _timeBases.Any(timeBase => timeBase is (0, _) or (_, 0)))
            throw new InvalidDataException("The time bases of ffmpeg's output are damaged.");
        ReadFrameCodes(ref packet);
        _elidedHeaders = new byte[Math.Min(packet.Count(), MaxPacketBytes) + 1][];
        _elidedHeaders[0] = [];
        for (var i = 1; i < _elidedHeaders.Length; i++)
            _elidedHeaders[i] = packet.Bytes();
    }

    private void ReadFrameCodes(ref NutPacket packet)
    {
        var (delta, multiplier, header) = (0L, 1UL, 0UL);
        for (var index = 0; index < _codes.Length;)
        {
            var flags = packet.Unsigned();
            var fields = packet.Unsigned();
            if (fields > 0)
                delta = packet.Signed();
            if (fields > 1)
                multiplier = packet.Unsigned();
            if (fields > 2)
                packet.Unsigned(); // The stream, and there is one only.
            var size = fields > 3 ? packet.Unsigned() : 0;
            var reserved = fields > 4 ? packet.Unsigned() : 0;
            var count = fields > 5 ? packet.Unsigned() : multiplier - size;
            if (fields > 6)
                packet.Signed(); // match_time_delta
            if (fields > 7)
                header = packet.Unsigned();
            for (var field = 8UL; field < fields; field++)
                packet.Unsigned();

            for (var i = 0UL; i < count && index < _codes.Length; index++)
            {
                // The byte that starts headers stands for no frame.
                if (index == 'N')
                    continue;
                _codes[index] = new NutFrameCode(flags, multiplier, size + i, delta, reserved, header);
                i++;
            }

            if (count == 0)
                throw new InvalidDataException("The frame codes of ffmpeg's output are damaged.");
        }
    }

    private void ReadStreamHeader(NutPacket packet)
    {
        packet.Unsigned(); // stream_id
        packet.Unsigned(); // stream_class
        packet.Bytes(); // fourcc
        _timeBase = packet.Count();
        if (_timeBase >= _timeBases.Length)
            throw new InvalidDataException("ffmpeg's output has no time base.");
        _shift = Math.Min(packet.Count(), 62);
        packet.Unsigned(); // max_pts_distance
        packet.Unsigned(); // decode_delay
        packet.Unsigned(); // stream_flags
        packet.Bytes(); // codec_specific_data
        Width = packet.Count();
        Height = packet.Count();
    }

    private void ReadSyncpoint(NutPacket packet)
    {
        if (_timeBases.Length == 0)
            throw new InvalidDataException("ffmpeg's output has no time base.");
        var value = packet.Unsigned();
        var from = _timeBases[value % (ulong)_timeBases.Length];
        var to = _timeBases[_timeBase];
        var time = (Int128)(value / (ulong)_timeBases.Length);
        _lastTimestamp = (long)(time * from.Numerator * to.Denominator / ((Int128)from.Denominator * to.Numerator));
    }

    private async ValueTask<NutFrame> ReadFrameAsync(NutFrameCode code, CancellationToken cancellationToken)
    {
        var flags = code.Flags;
        if ((flags & NutFrameCode.Invalid) != 0 || _timeBases.Length == 0)
            throw new InvalidDataException("A frame of ffmpeg's output is damaged.");
        if ((flags & NutFrameCode.CodedFlags) != 0)
            flags ^= await _input.ReadUnsignedAsync(cancellationToken);
        if ((flags & NutFrameCode.StreamId) != 0)
            await _input.ReadUnsignedAsync(cancellationToken);
        _lastTimestamp = (flags & NutFrameCode.CodedTimestamp) != 0
            ? Timestamp(await _input.ReadUnsignedAsync(cancellationToken))
            : _lastTimestamp + code.TimestampDelta;
        var size = code.SizeLowPart;
        if ((flags & NutFrameCode.SizeHighPart) != 0)
            size += code.SizeMultiplier * await _input.ReadUnsignedAsync(cancellationToken);
        if ((flags & NutFrameCode.MatchTime) != 0)
            await _input.ReadUnsignedAsync(cancellationToken);
        var header = (flags & NutFrameCode.Header) != 0
            ? await _input.ReadUnsignedAsync(cancellationToken)
            : code.HeaderIndex;
        var reserved = (flags & NutFrameCode.Reserved) != 0
            ? await _input.ReadUnsignedAsync(cancellationToken)
            : code.ReservedCount;
        for (var i = 0UL; i < reserved; i++)
            await _input.ReadUnsignedAsync(cancellationToken);
        if ((flags & NutFrameCode.Checksum) != 0)
            await _input.ReadAsync(new byte[4], cancellationToken);
        if (size > MaxFrameBytes || header >= (ulong)_elidedHeaders.Length || (flags & NutFrameCode.SideData) != 0)
            throw new InvalidDataException("A frame of ffmpeg's output has an encoding that is not supported.");
        return new NutFrame(Time(_lastTimestamp), await ReadDataAsync((int)size, (int)header, cancellationToken));
    }

    private async ValueTask<byte[]> ReadDataAsync(int size, int header, CancellationToken cancellationToken)
    {
        var elided = _elidedHeaders[header];
        if (elided.Length > size)
            throw new InvalidDataException("A frame of ffmpeg's output is shorter than its header.");
        var data = GC.AllocateUninitializedArray<byte>(size);
        elided.CopyTo(data, 0);
        await _input.ReadAsync(data.AsMemory(elided.Length), cancellationToken);
        return data;
    }

    // Small numbers are the low bits only; the frame before has the others.
    private long Timestamp(ulong coded)
    {
        var range = 1L << _shift;
        if (coded >= (ulong)range)
            return (long)coded - range;
        var nearest = _lastTimestamp - range / 2;
        return ((long)coded - nearest & range - 1) + nearest;
    }

    private TimeSpan Time(long timestamp)
    {
        var (numerator, denominator) = _timeBases[_timeBase];
        var ticks = (Int128)timestamp * numerator * TimeSpan.TicksPerSecond;
        // Rounded to whole microseconds, which is what is sent.
        var perMicrosecond = (Int128)denominator * TimeSpan.TicksPerMicrosecond;
        var microseconds = (ticks + perMicrosecond / 2) / perMicrosecond;
        return Int128.Abs(microseconds) <= long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? TimeSpan.FromTicks((long)microseconds * TimeSpan.TicksPerMicrosecond)
            : throw new InvalidDataException("A time of ffmpeg's output is out of range.");
    }
}
