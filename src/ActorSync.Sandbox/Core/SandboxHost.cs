using Microsoft.Data.Sqlite;

namespace ActorSync.Sandbox.Core;

/// <summary>The shops of one process and what they share.</summary>
public sealed class SandboxHost : IAsyncDisposable
{
    private readonly SandboxDb db;
    private readonly Dictionary<string, SimulatorContext> contexts = new(StringComparer.Ordinal);
    private readonly List<ISimulator> simulators = [];

    private SandboxHost(SandboxOptions options, TimeProvider clock, SandboxDb db)
    {
        Options = options;
        Clock = clock;
        this.db = db;
        Random = new SandboxRandom(options.Seed);
        Catalogue = Catalogue.Build(options.Seed);
    }

    public SandboxOptions Options { get; }

    public TimeProvider Clock { get; }

    public SandboxRandom Random { get; }

    public Catalogue Catalogue { get; }

    public IReadOnlyList<ISimulator> Simulators => simulators;

    public string Generation => db.Generation;

    public string ChannelNames => string.Join(", ", simulators.Select(s => s.Name));

    /// <summary>Opens or makes the data folder; says what is wrong when that fails.</summary>
    public static (SandboxHost? Host, string? Problem) Open(SandboxOptions options, TimeProvider clock)
    {
        var folder = Path.GetFullPath(options.DataFolder);
        try
        {
            Directory.CreateDirectory(folder);
            return (new SandboxHost(options, clock, SandboxDb.Open(Path.Combine(folder, "sandbox.db"))), null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SqliteException)
        {
            return (null, $"The Sandbox cannot keep its state in {folder}: {failure.Message} Name a writable folder with --data.");
        }
    }

    /// <summary>What a simulator is built from; one per channel name.</summary>
    public SimulatorContext ContextFor(string channel)
    {
        var faults = new ChannelFaults();
        var stats = new ChannelStats();
        var context = new SimulatorContext
        {
            Options = Options,
            Clock = Clock,
            Random = Random,
            Store = db.For(channel),
            Faults = faults,
            Stats = stats,
            Webhooks = new WebhookDispatcher(faults, stats, Random, Clock),
            Catalogue = Catalogue,
        };
        contexts.Add(channel, context);
        return context;
    }

    public void Add(ISimulator simulator) => simulators.Add(simulator);

    public ISimulator? Find(string channel) => simulators.Find(s => string.Equals(s.Name, channel, StringComparison.Ordinal));

    /// <summary>Every shop as on the first day, under a new generation; faults and counters start at nothing.</summary>
    public void Reset()
    {
        db.Clear();
        foreach (var simulator in simulators)
        {
            contexts[simulator.Name].Webhooks.Clear();
            simulator.Faults.Clear();
            simulator.Stats.Clear();
            simulator.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in contexts.Values)
        {
            await context.Webhooks.DisposeAsync();
        }

        db.Dispose();
    }
}
