using System.Text;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await ClipApp.RunAsync(args, CliConsole.System());
