using Microsoft.Win32.SafeHandles;

namespace ClipGrpc.Cli;

/// <summary>
/// Standard output that is not a terminal. What goes wrong is an <see cref="OutputException"/>, a pipe without a reader
/// included: .NET's own stream for the console ignores that and would let a command work on for nobody.
/// </summary>
internal sealed class StandardOutput(Stream stream) : Stream
{
    private const int UnixHandle = 1;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static StandardOutput Open() => new(OpenPipe() ?? Console.OpenStandardOutput());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            stream.Write(buffer);
        }
        catch (IOException exception)
        {
            throw new OutputException(exception);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await stream.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new OutputException(exception);
        }
    }

    public override void Flush()
    {
        try
        {
            stream.Flush();
        }
        catch (IOException exception)
        {
            throw new OutputException(exception);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Null where it is no pipe: a file may be shared with standard error, and <see cref="FileStream"/> would write at
    /// an offset of its own.
    /// </summary>
    private static FileStream? OpenPipe()
    {
        if (OperatingSystem.IsWindows())
            return null;

        try
        {
            var handle = new SafeFileHandle(UnixHandle, ownsHandle: false);
            var pipe = new FileStream(handle, FileAccess.Write, bufferSize: 0);
            return pipe.CanSeek ? null : pipe;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It is closed, as after `>&-`: the console's stream reports that with the first write.
            return null;
        }
    }
}
