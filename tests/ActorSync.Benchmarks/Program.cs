using ActorSync.Benchmarks.Pipeline;

return args switch
{
    ["pipeline", ..] => await PipelineScenario.RunAsync(args),
    ["load", ..] => await Loader.RunAsync(args),
    _ => Usage(),
};

static int Usage()
{
    Console.WriteLine(
        """
        dotnet run -c Release --project tests/ActorSync.Benchmarks -- SCENARIO

          pipeline   N signed webhooks → inbox → merged → pushed to two batch sinks → recorded
                     [--products 10000] [--database sqlite|postgres|both] [--pg "Host=…"] [--json artifacts/pipeline.json]
        """);
    return 1;
}
