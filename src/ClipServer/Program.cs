using ClipGrpc.Server;
using ClipGrpc.Server.Hosting;

// First of all: where too little is allowed, not even the other parts of the program could be loaded.
if (ResourceLimits.FindProblem() is { } problem)
{
    Console.Error.WriteLine("The server cannot start. " + problem);
    return ExitCodes.Failure;
}

return await ServerProcess.RunAsync(args);
