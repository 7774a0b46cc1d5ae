using System.Text;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>A file for segments, opened before the run: a path that cannot be written is reported at once.</summary>
internal static class SegmentFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static StreamWriter Create(string path, string option)
    {
        try
        {
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            return new StreamWriter(file, Utf8) { NewLine = "\n" };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw OutputFile.Unwritable(option, path, exception);
        }
    }
}
