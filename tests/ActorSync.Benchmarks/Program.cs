using ActorSync.Benchmarks.BulkEdit;
using ActorSync.Benchmarks.Import;
using ActorSync.Benchmarks.Pipeline;

return args switch
{
    ["pipeline", ..] => await PipelineScenario.RunAsync(args),
    ["import", ..] when args.Contains("--kill-every") => await KilledImport.RunAsync(args),
    ["import-life", ..] => await KilledImport.LiveAsync(args),
    ["import", ..] => await ImportScenario.RunAsync(args),
    ["bulk-edit", ..] => await BulkEditScenario.RunAsync(args),
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
          import     a shop of N products × 3 variants is imported, then scanned for drift, against an unlimited and a Plus budget
                     [--products 100000] [--budget none|plus|both] [--pg "Host=…"] [--json artifacts/import.json]
                     or, with [--kill-every 30]: its process is killed that often (seconds) while products are renamed
          bulk-edit  one price rule on N products × 3 variants at the Sandbox's Shopify: API calls per product in bulk and call by call
                     [--products 20000] [--way bulk|calls] [--points 2000] [--lines-per-second 500] [--pg "Host=…"] [--json artifacts/bulk-edit.json]
        """);
    return 1;
}
