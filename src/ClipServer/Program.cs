using ClipGrpc.Models.Sessions;
using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;

RuntimeTelemetry.Disable();
var commandLine = ServerCommandLine.Parse(args, Console.Out, Console.Error);
return commandLine.ExitCode ?? await ServerHost.RunAsync(commandLine.Settings, Console.Error);
