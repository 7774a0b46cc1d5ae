using Npgsql;
using Pgvector;

namespace ClipGrpc.Examples.VectorSearch;

/// <summary>A table of PostgreSQL with the extension pgvector.</summary>
internal sealed class PostgresIndex : IImageIndex
{
    private readonly NpgsqlDataSource _source;

    public PostgresIndex(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UseVector();
        _source = builder.Build();
    }

    public async Task AddAsync(IReadOnlyList<(string Name, ReadOnlyMemory<float> Vector)> images)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await ExecuteAsync(connection, "CREATE EXTENSION IF NOT EXISTS vector");
        await connection.ReloadTypesAsync();
        await ExecuteAsync(connection, "DROP TABLE IF EXISTS clipgrpc_samples");
        await ExecuteAsync(
            connection,
            $"CREATE TABLE clipgrpc_samples (name text PRIMARY KEY, embedding vector({images[0].Vector.Length}))");
        foreach (var (name, vector) in images)
        {
            await ExecuteAsync(
                connection,
                "INSERT INTO clipgrpc_samples (name, embedding) VALUES ($1, $2)",
                name,
                new Vector(vector));
        }
    }

    public async Task<IReadOnlyList<FoundImage>> SearchAsync(ReadOnlyMemory<float> query, int count)
    {
        // <#> is the negative dot product, which is the negative cosine similarity of embeddings of length 1.
        await using var command = _source.CreateCommand(
            "SELECT name, -(embedding <#> $1) FROM clipgrpc_samples ORDER BY embedding <#> $1 LIMIT $2");
        command.Parameters.AddWithValue(new Vector(query));
        command.Parameters.AddWithValue(count);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<FoundImage>();
        while (await reader.ReadAsync())
            found.Add(new FoundImage(reader.GetString(0), (float)reader.GetDouble(1)));
        return found;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.AddWithValue(parameter);
        await command.ExecuteNonQueryAsync();
    }
}
