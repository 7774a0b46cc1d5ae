using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;

var commandLine = ServerCommandLine.Parse(args, Console.Out, Console.Error);
return commandLine.ExitCode ?? await ServerHost.RunAsync(commandLine.Settings, Console.Error);
