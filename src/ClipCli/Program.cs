using System.Text;
using ClipGrpc.Cli;
using ClipGrpc.Cli.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var console = CliConsole.System();
using var signals = new TerminationSignals(console);
var exitCode = await ClipApp.RunAsync(args, console, signals.Token);
return exitCode == ExitCode.Interrupted ? signals.SignalExitCode : exitCode;
