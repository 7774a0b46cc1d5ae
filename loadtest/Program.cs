using System.Text;
using ClipGrpc.LoadTest.Commands;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await LoadTestApp.RunAsync(args);
