using System.Text;
using System.Text.RegularExpressions;
using ClipGrpc.Server.Rpc;
using ClipGrpc.Server.Telemetry;
using ClipGrpc.Tests.Architecture;
using ClipGrpc.V1;
using Google.Rpc;

namespace ClipGrpc.Tests.Rpc;

/// <summary>
/// The reasons of errors are one table: that of the contract. The code, the documentation and every place that makes an
/// error agree with it. An exception without a reason does not compile.
/// </summary>
public class ErrorReasonTests
{
    private const string Contract = "protos/clipgrpc/v1/clip.proto";
    private const string Page = "docs/guide/errors.md";
    private const string TableBegin = "<!-- reasons: generated from clip.proto, see ErrorReasonTests -->\n";
    private const string TableEnd = "<!-- end of reasons -->\n";
    private const string UpdateVariable = "UPDATE_DOCS";

    /// <summary>Statuses of the framework's own form, which the call guard gives a reason.</summary>
    private static readonly string[] MayMakeStatuses =
    [
        "src/ClipServer/Health/ModelHealth.cs",
        "src/ClipServer/Rpc/MessageDecompression.cs",
        "src/ClipServer/Rpc/StatusMapper.cs",
    ];

    [Fact]
    public void Reasons_CodeAndContract_HaveTheSameNamesAndNumbers() => Assert.Equal(
        Enum.GetValues<ErrorReason>().Where(reason => reason != ErrorReason.Unspecified)
            .Select(reason => ($"{reason}", (int)reason)),
        Enum.GetValues<ClipErrorReason>().Select(reason => ($"{reason}", (int)reason)));

    [Fact]
    public void Reasons_Each_IsMadeSomewhere()
    {
        var code = string.Concat(SourceOf("src/Clip").Where(file => !file.Path.Contains("ClipErrorReason"))
            .Select(file => file.Text));
        Repository.AssertNone(
            "Reasons that nothing uses",
            Enum.GetNames<ClipErrorReason>().Where(name => !Regex.IsMatch(code, $@"\bClipErrorReason\.{name}\b")));
    }

    [Fact]
    public void Errors_MadeInTheServer_AreExceptionsWithAReason() => Repository.AssertNone(
        "Statuses that are made without a reason",
        SourceOf("src/ClipServer").Where(file => !MayMakeStatuses.Contains(file.Path))
            .Where(file => Regex.IsMatch(file.Text, @"\bnew (Grpc\.Core\.)?(RpcException|Status|GrpcStatus)\("))
            .Select(file => file.Path));

    [Fact]
    public void ToItemStatus_EveryReason_HasItsNameAndTheDetailsOfItsCode()
    {
        foreach (var reason in Enum.GetValues<ClipErrorReason>().Where(reason => !IsOfTheProtocol(reason)))
        {
            var error = new ClipException(reason, "wrong") { Metadata = ErrorMetadata.OverLimit(3, 4) }.At("inputs[3]");

            var status = StatusMapper.ToItemStatus(error);

            var info = status.GetDetail<ErrorInfo>();
            Assert.Equal(("clipgrpc", ReasonName.Of(reason)), (info.Domain, info.Reason));
            Assert.Equal(("3", "4"), (info.Metadata["limit"], info.Metadata["value"]));
            var violation = status.GetDetail<BadRequest>()?.FieldViolations.Single();
            Assert.Equal(error.Code == ClipErrorCode.InvalidInput, violation is not null);
            if (violation is not null)
                Assert.Equal(("inputs[3]", "wrong"), (violation.Field, violation.Description));
            Assert.Equal(error.RetryAfter, status.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan());
        }
    }

    [Theory]
    [InlineData(nameof(ClipErrorReason.QueueFull), "100")]
    [InlineData(nameof(ClipErrorReason.ModelLoading), "1000")]
    [InlineData(nameof(ClipErrorReason.MessageTooLarge), "-1")]
    [InlineData(nameof(ClipErrorReason.ModelFailed), null)]
    [InlineData(nameof(ClipErrorReason.DeadlineTooShort), null)]
    [InlineData(nameof(ClipErrorReason.InvalidField), null)]
    public void ToRpcException_Reason_HasThePushbackOfItsRetry(string reason, string? expected) => Assert.Equal(
        expected,
        StatusMapper.ToRpcException(new ClipException(Enum.Parse<ClipErrorReason>(reason), "wrong"))
            .Trailers.GetValue(StatusMapper.PushbackTrailer));

    [Fact]
    public void At_ErrorWithAField_ReplacesIt()
    {
        var error = new ClipException(ClipErrorReason.InvalidImage, "damaged").At("input").At("inputs[3].image");

        Assert.Equal(
            ("inputs[3].image", "damaged", "inputs[3].image: damaged"),
            (error.Field, error.Description, error.Message));
    }

    /// <summary>With <c>UPDATE_DOCS=1</c> it writes the table first.</summary>
    [Fact]
    public void Page_Table_IsThatOfTheContract()
    {
        var path = Repository.FullPath(Page);
        var text = File.ReadAllText(path);
        var begin = text.IndexOf(TableBegin, StringComparison.Ordinal) + TableBegin.Length;
        var end = text.IndexOf(TableEnd, StringComparison.Ordinal);
        Assert.True(begin >= TableBegin.Length && end >= begin, $"{Page} has no table of reasons.");
        var expected = WriteTable();
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            text = text[..begin] + expected + text[end..];
            File.WriteAllText(path, text);
            end = text.IndexOf(TableEnd, StringComparison.Ordinal);
        }

        Assert.Equal(expected, text[begin..end]);
    }

    private static string WriteTable()
    {
        var contract = File.ReadAllText(Repository.FullPath(Contract));
        var block = Regex.Match(
            contract, @"^enum ErrorReason \{\n(.*?)^\}", RegexOptions.Singleline | RegexOptions.Multiline);
        var table = new StringBuilder("| reason | code | retry | description |\n|---|---|---|---|\n");
        foreach (Match value in Regex.Matches(
            block.Groups[1].Value, @"((?:^  //.*\n)+)^  ([A-Z_]+) = (\d+);", RegexOptions.Multiline))
        {
            var comment = string.Join(
                ' ', value.Groups[1].Value.Split('\n').Select(line => line.Trim().TrimStart('/').Trim())).Trim();
            var reason = (ClipErrorReason)int.Parse(value.Groups[3].Value);
            table.Append($"| `{value.Groups[2].Value}` | {CodeOf(reason)} | {RetryOf(reason)} | {comment} |\n");
        }

        return table.ToString();
    }

    private static string CodeOf(ClipErrorReason reason) => reason switch
    {
        ClipErrorReason.UnsupportedCompression => "`UNIMPLEMENTED`, `INTERNAL`",
        ClipErrorReason.MethodNotFound => "`UNIMPLEMENTED`",
        ClipErrorReason.CallCancelled => "`CANCELLED`",
        _ => $"`{StatusName.Of(StatusMapper.ToCode(reason.ToCode()))}`",
    };

    private static string RetryOf(ClipErrorReason reason) =>
        !IsOfTheProtocol(reason) && reason.DefaultRetryAfter() is not null ? "yes" : "no";

    private static bool IsOfTheProtocol(ClipErrorReason reason) => reason >= ClipErrorReason.UnsupportedCompression;

    private static IEnumerable<(string Path, string Text)> SourceOf(string folder) => Repository.SourceFiles()
        .Where(path => path.StartsWith(folder, StringComparison.Ordinal))
        .Select(path => (path, File.ReadAllText(Repository.FullPath(path))));
}
