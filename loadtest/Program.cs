using System.Text;
using ClipGrpc.LoadTest;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await LoadTestApp.RunAsync(args);
