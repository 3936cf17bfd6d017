using ActorSync.Domain.Reconcile;

namespace ActorSync.Domain.Tests.Histories;

/// <summary>V1 to V6 of reconcile.md over random histories. ACTORSYNC_HISTORIES sets how many (20 000); the seed of a failure is printed with its shrunk history.</summary>
public sealed class HistoryTests
{
    internal static readonly int Histories =
        int.TryParse(Environment.GetEnvironmentVariable("ACTORSYNC_HISTORIES"), out var given) && given > 0 ? given : 20_000;

    [Fact(Explicit = true)]
    public void Explore()
    {
        var kind = Environment.GetEnvironmentVariable("ACTORSYNC_EXPLORE") ?? "";
        var off = Enum.TryParse<RuleSwitch>(kind.Split('+')[^1], out var rule) ? rule : RuleSwitch.None;
        var survey = Survey.Of(Histories, kind.Contains("unknown", StringComparison.Ordinal), !kind.Contains("prompt", StringComparison.Ordinal), off, kind == "M1");
        Console.WriteLine($"{kind} {survey}");
        foreach (var group in survey.Failed.GroupBy(h => new World(h, off, kind == "M1").Run().Violation![..2]))
        {
            Console.WriteLine(Survey.Explain(group.First(), off, kind == "M1"));
        }
    }
}
