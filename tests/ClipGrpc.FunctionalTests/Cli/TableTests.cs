using System.Text.Json;
using ClipGrpc.Cli.Inputs;
using ClipGrpc.Cli.Tables;
using ClipGrpc.FunctionalTests.Client;
using ClipGrpc.TestSupport;
using DuckDB.NET.Data;

namespace ClipGrpc.FunctionalTests.Cli;

/// <summary>The files of <c>clip embed --npy</c> and <c>--parquet</c>; the latter as DuckDB reads them.</summary>
public sealed class TableTests
{
    private static readonly TableIdentity Identity = new("demo", "abc123", "fp32", 3);

    [Fact(Timeout = 60_000)]
    public async Task Embed_Parquet_IsReadByDuckDB()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var image = folder.Write("ä 1.png", "payload");
        var bad = folder.Write("2.png", "bad");
        File.SetLastWriteTimeUtc(image, new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddTicks(1234567));
        var table = folder.PathOf("out.parquet");

        var run = await CliRun.AtAsync(
            server, "embed", image, bad, "--text", "a text", "--parquet", table, "--quiet").WaitAsync(token);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Equal(
            [
                "id VARCHAR", "path VARCHAR", "text VARCHAR", "embedding FLOAT[]", "model VARCHAR", "revision VARCHAR",
                "precision VARCHAR", "token_count INTEGER", "truncated BOOLEAN", "size BIGINT",
                "modified TIMESTAMP WITH TIME ZONE", "error VARCHAR",
            ],
            Query($"SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM '{table}')"));
        Assert.Equal(
            [$"{image}|NULL|[7.0, 112.0, 0.5]|NULL|false|7|NULL", $"{bad}|NULL|NULL|NULL|NULL|3|inputs: this is bad.",
                "NULL|a text|[6.0, 97.0, 0.5]|3|false|NULL|NULL"],
            Query(
                "SELECT concat_ws('|', coalesce(path, 'NULL'), coalesce(text, 'NULL'), "
                + "coalesce(embedding::FLOAT[3]::VARCHAR, 'NULL'), coalesce(token_count::VARCHAR, 'NULL'), "
                + "coalesce(truncated::VARCHAR, 'NULL'), coalesce(size::VARCHAR, 'NULL'), coalesce(error, 'NULL')) "
                + $"FROM '{table}'"));
        Assert.Equal(
            [image], Query($"SELECT path FROM '{table}' WHERE modified = TIMESTAMPTZ '2026-03-04 05:06:07.123Z'"));
        Assert.Equal([image], Query($"SELECT path FROM '{table}' WHERE size = 7"));
        Assert.Equal(["a text"], Query($"SELECT text FROM '{table}' WHERE token_count = 3"));
        Assert.Equal(
            ["demo|abc123"], Query($"SELECT DISTINCT model || '|' || revision FROM '{table}'"));
        Assert.Equal(
            ["3"],
            Query(
                $"SELECT decode(value) FROM parquet_kv_metadata('{table}') "
                + "WHERE decode(key) = 'clipgrpc.dimensions'"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_Npy_HasANameForEachRow()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var image = folder.Write("a.png", "payload");

        await CliRun.AtAsync(
            server, "embed", image, "no.png", "--text", "cat", "--npy", folder.PathOf("v.npy")).WaitAsync(token);

        var lines = (await File.ReadAllLinesAsync(folder.PathOf("v.names.jsonl"), token))
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            ["id", "path", "text", "model", "revision", "precision", "token_count", "truncated", "size", "modified",
                "error"],
            lines[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal([image, "no.png", null], lines.Select(line => line.GetProperty("path").GetString()));
        Assert.Equal("File or folder not found.", lines[1].GetProperty("error").GetString());
        Assert.Equal("cat", lines[2].GetProperty("text").GetString());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--npy", "out.npy")]
    [InlineData("--parquet", "out.parquet")]
    public async Task Embed_Resume_EmbedsOnlyWhatIsNewChangedOrFailed(string option, string name)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var images = Enumerable.Range(0, 10).Select(i => folder.Write($"in/{i}.png", $"image {i}")).ToList();
        File.WriteAllText(images[3], "bad");
        var table = folder.PathOf(name);
        string[] args = ["embed", folder.PathOf("in"), "--text", "a text", option, table, "--resume"];
        await CliRun.AtAsync(server, args).WaitAsync(token);

        server.Clip.EmbedRequests.Clear();
        File.WriteAllText(images[3], "good");
        File.WriteAllText(images[5], "image of another size");
        File.SetLastWriteTimeUtc(images[7], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Delete(images[8]);
        folder.Write("in/55.png", "new");
        var run = await CliRun.AtAsync(server, args).WaitAsync(token);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("clip: 7 of 11 items are unchanged and were reused.", Assert.Single(run.ErrorLines));
        Assert.Equal(
            ["good", "image 7", "image of another size", "new"],
            server.Clip.EmbedRequests.SelectMany(request => request.Inputs)
                .Select(input => input.Image.Encoded.ToStringUtf8()).Order(StringComparer.Ordinal));
        var rows = await ReadAsync(table, token);
        Assert.Equal(
            [.. new[] { "0", "1", "2", "3", "4", "5", "55", "6", "7", "9" }.Select(i => folder.PathOf($"in/{i}.png")),
                "a text"],
            rows.Select(row => row.Path ?? row.Text));
        Assert.Equal([7, 7, 7, 4, 7, 21, 3, 7, 7, 7, 6], rows.Select(row => (int)row.Vector.Span[0]));
        Assert.DoesNotContain(Directory.GetFiles(folder.Path), path => path.EndsWith(".partial"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_ModelHasChanged_EmbedsAllAgain()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var table = folder.PathOf("out.parquet");
        await using (var writer = await TableFile.CreateAsync(table, true, 3, token))
        {
            var id = InputVersion.IdOf(CliInput.Text("a")).ToString("x32");
            await writer.WriteAsync(Row("a") with { Id = id, Revision = "older" }, token);
            await writer.CommitAsync(token);
        }

        var run = await CliRun.AtAsync(server, "embed", "--text", "a", "--parquet", table, "--resume").WaitAsync(token);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("abc123", Assert.Single(await ReadAsync(table, token)).Revision);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_JournalIsThereWithoutResume_IsRefused()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        var table = folder.PathOf("out.npy");
        using (var unfinished = await EmbeddingTable.OpenAsync(table, false, Identity, false, token))
        {
            unfinished.AddRow(InputVersion.Of(CliInput.Text("a")), out var row);
            unfinished.Write(row, Row("a"));
        }

        var run = await CliRun.AtAsync(server, "embed", "--text", "a", "--npy", table).WaitAsync(token);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"clip: {table}.partial has the results of an interrupted run.", run.Error);
        Assert.Empty(server.Clip.EmbedRequests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embed_FileOfAnotherProgram_IsRefusedAndKept()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        foreach (var (option, name) in new[] { ("--npy", "a.npy"), ("--parquet", "a.parquet") })
        {
            var table = folder.Write(name, "something else");

            var run = await CliRun.AtAsync(server, "embed", "--text", "a", option, table, "--resume").WaitAsync(token);

            Assert.Equal(2, run.ExitCode);
            Assert.StartsWith(
                $"clip: {option}: {table} is not a complete file of clip embed {option}.",
                Assert.Single(run.ErrorLines));
            Assert.Equal("something else", await File.ReadAllTextAsync(table, token));
            Assert.False(File.Exists(table + ".partial"));
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(".npy")]
    [InlineData(".parquet")]
    public async Task Merge_AllShards_IsTheWholeCorpus(string extension)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await ScriptedServer.StartAsync();
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 30; i++)
            folder.Write($"in/{i:00}.png", i == 11 ? "bad" : $"image {i}");
        var option = extension == ".npy" ? "--npy" : "--parquet";
        var parts = Enumerable.Range(1, 3).Select(i => folder.PathOf($"part-{i}{extension}")).ToArray();
        for (var i = 0; i < parts.Length; i++)
        {
            var run = await CliRun.AtAsync(
                server, "embed", folder.PathOf("in"), option, parts[i], "--shard", $"{i + 1}/3", "--allow-failures")
                .WaitAsync(token);
            Assert.Equal(0, run.ExitCode);
        }

        var all = folder.PathOf($"all{extension}");
        var merged = await CliRun.RunAsync(["merge", all, .. parts]).WaitAsync(token);
        var twice = await CliRun.RunAsync(["merge", all, parts[0], parts[1], parts[0]]).WaitAsync(token);

        Assert.Equal(
            (0, $"clip: 30 rows of 3 files are in {all}."), (merged.ExitCode, Assert.Single(merged.ErrorLines)));
        var rows = await ReadAsync(all, token);
        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => folder.PathOf($"in/{i:00}.png")),
            rows.Select(row => row.Path).Order(StringComparer.Ordinal));
        Assert.Equal("inputs: this is bad.", Assert.Single(rows, row => row.Vector.IsEmpty).Error);
        Assert.Equal(30, server.Clip.EmbedRequests.Sum(request => request.Inputs.Count));
        Assert.Equal(2, twice.ExitCode);
        Assert.Contains(" is in both ", Assert.Single(twice.ErrorLines));
        Assert.Equal(30, (await ReadAsync(all, token)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Merge_OtherModel_IsRefused()
    {
        var token = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var (first, second) = (folder.PathOf("a.npy"), folder.PathOf("b.npy"));
        foreach (var (path, revision) in new[] { (first, "r1"), (second, "r2") })
        {
            await using var writer = await TableFile.CreateAsync(path, false, 3, token);
            await writer.WriteAsync(Row(path) with { Revision = revision }, token);
            await writer.CommitAsync(token);
        }

        var run = await CliRun.RunAsync("merge", folder.PathOf("c.npy"), first, second).WaitAsync(token);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"clip: {second} has embeddings of demo at revision r2", Assert.Single(run.ErrorLines));
        Assert.False(File.Exists(folder.PathOf("c.npy")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(-1)]
    [InlineData(-30)]
    public void Load_JournalIsCutAnywhere_KeepsTheRowsBefore(int cut)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("out.partial");
        using (var journal = RowJournal.Open(path))
        {
            journal.Load(Identity, (_, _) => { });
            foreach (var text in new[] { "a", "b", "c" })
                journal.Append(Row(text));
        }

        using (var file = new FileStream(path, FileMode.Open))
            file.SetLength(cut >= 0 ? cut : file.Length + cut);

        Assert.Equal(cut >= 0 ? [] : ["a", "b"], Load(path, out var damaged));
        Assert.Equal(cut is not 0, damaged > 0);
        using (var journal = RowJournal.Open(path))
        {
            journal.Load(Identity, (_, _) => { });
            var place = journal.Append(Row("d"));
            Assert.Equal([1f, 2f, 3f], journal.Read(place).Vector.ToArray());
        }

        Assert.Equal(cut >= 0 ? ["d"] : ["a", "b", "d"], Load(path, out damaged));
        Assert.Equal(0, damaged);
    }

    [Fact]
    public void Open_JournalIsInUse_IsAFailureAndNotWrongUse()
    {
        using var folder = new TemporaryFolder();
        using var journal = RowJournal.Open(folder.PathOf("out.partial"));

        var exception = Assert.Throws<ClipGrpc.Cli.CliException>(() => RowJournal.Open(folder.PathOf("out.partial")));

        Assert.Equal(1, exception.ExitCode);
        Assert.EndsWith(" is in use by another process. Wait until it exits.", exception.Message);
    }

    [Fact]
    public void Load_JournalOfAnotherModel_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("out.partial");
        Load(path, out _);

        using var journal = RowJournal.Open(path);
        var exception = Assert.Throws<ClipGrpc.Cli.CliException>(
            () => journal.Load(Identity with { Precision = "int8" }, (_, _) => { }));

        Assert.Contains("has embeddings of demo at revision abc123, fp32, 3 dimensions", exception.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WriteAsync_SeveralRowGroups_AreReadBack(bool isParquet)
    {
        var token = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var path = folder.PathOf(isParquet ? "a.parquet" : "a.npy");
        const int dimensions = 1024;
        var count = ParquetFormat.RowsPerRowGroup(dimensions) + 100;
        await using (var writer = await TableFile.CreateAsync(path, isParquet, dimensions, token))
        {
            for (var i = 0; i < count; i++)
                await writer.WriteAsync(Make(i), token);
            await writer.CommitAsync(token);
        }

        var rows = await ReadAsync(path, token);

        Assert.Equal(count, rows.Count);
        for (var i = 0; i < count; i++)
        {
            var expected = Make(i);
            Assert.Equal(expected with { Vector = default }, rows[i] with { Vector = default });
            Assert.True(expected.Vector.Span.SequenceEqual(rows[i].Vector.Span));
        }

        static EmbeddingRow Make(int i) => Row($"{i}") with
        {
            Path = i % 3 == 0 ? null : $"p{i}",
            Text = i % 3 == 0 ? $"t{i}" : null,
            TokenCount = i % 3 == 0 ? i : null,
            Truncated = i % 7 == 0 ? null : i % 2 == 0,
            Size = i % 3 == 0 ? null : i * 10_000_000_000L,
            Modified = i % 3 == 0 ? null : DateTime.UnixEpoch.AddMilliseconds(i * 1_001L),
            Error = i % 7 == 0 ? "broken" : null,
            Vector = i % 7 == 0 ? default : Enumerable.Range(0, dimensions).Select(j => i + j / 1024f).ToArray(),
        };
    }

    private static EmbeddingRow Row(string text) => new()
    {
        Id = InputVersion.IdOf(CliInput.Text(text)).ToString("x32"),
        Text = text,
        Model = Identity.Model,
        Revision = Identity.Revision,
        Precision = Identity.Precision,
        Vector = new[] { 1f, 2f, 3f },
    };

    private static List<string?> Load(string path, out long damagedBytes)
    {
        using var journal = RowJournal.Open(path);
        var texts = new List<string?>();
        journal.Load(Identity, (row, _) => texts.Add(row.Text));
        damagedBytes = journal.DamagedBytes;
        return texts;
    }

    private static async Task<List<EmbeddingRow>> ReadAsync(string path, CancellationToken token)
    {
        await using var reader = await TableFile.OpenAsync(path, Path.GetExtension(path) is ".parquet", token);
        return await reader.ReadAsync(token).ToListAsync(token);
    }

    private static List<string> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
