using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ClipGrpc.Benchmarks;
using ClipGrpc.Models.Sessions;

RuntimeTelemetry.Disable();

// In this process: the other way builds a project for each run, which takes longer than the benchmarks. A mutator, so
// that jobs of the command line (--job short) run that way too.
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsMutator())
    .AddDiagnoser(MemoryDiagnoser.Default);
BenchmarkSwitcher.FromAssembly(typeof(ImageBenchmarks).Assembly).Run(args, config);
