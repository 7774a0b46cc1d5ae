using System.Text;
using ClipGrpc.LoadTest.Commands;
using ClipGrpc.Models.Sessions;

RuntimeTelemetry.Disable();
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await LoadTestApp.RunAsync(args);
