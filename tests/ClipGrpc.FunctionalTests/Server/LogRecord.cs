using Microsoft.Extensions.Logging;

namespace ClipGrpc.FunctionalTests.Server;

internal sealed record LogRecord(LogLevel Level, string Category, string Text, Exception? Exception);
