using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using ActorSync.Web.Tests.Hub;
using ActorSync.Web.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace ActorSync.Web.Tests.Telemetry;

/// <summary>The table of docs/operations.md and the instruments in the code tell the same story.</summary>
public sealed class MetricsTests(TestHub hub)
{
    private static readonly Dictionary<string, Row> Documented = File.ReadLines(Repository.File("docs", "operations.md"))
        .Where(line => line.StartsWith("| `actorsync.", StringComparison.Ordinal))
        .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[0].Trim('`'), cells => new Row(cells[1], [.. cells[2].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)]), StringComparer.Ordinal);

    [Fact]
    public void Instruments_OfOurMeters_AreThoseOfTheTableWithTheirUnits()
    {
        // Instruments of the grains are made when they are first used.
        foreach (var type in Assembly.Load("ActorSync.Grains").GetTypes().Where(type => type.Name.EndsWith("Diagnostics", StringComparison.Ordinal)))
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        hub.Services.GetRequiredService<WebhookTally>();
        using var seen = new Measurements();

        Assert.Equal(
            Documented.Select(row => $"{row.Key} {row.Value.Unit}").Order(StringComparer.Ordinal),
            seen.Instruments.Select(instrument => $"{instrument.Name} {instrument.Unit}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Labels_OfWhatIsMeasured_AreThoseOfTheTable()
    {
        using var seen = new Measurements();
        var channel = await hub.ConnectAsync();
        await hub.Anonymous.SendAsync(TestHub.Delivery($"/webhooks/{TestShop.Kind}/{channel}", """{"id":"m1","name":"Measured","sku":"MEASURED-1","price":5,"version":100}""", "event-1"));
        await TestHub.UntilAsync(() => hub.Viewer.GetJsonAsync("/api/products?sku=MEASURED-1"), p => p.GetProperty("items").GetArrayLength() == 1);

        var labels = await TestHub.UntilAsync(() => Task.FromResult(seen.Labels()), found => found.Contains(("actorsync.store.waiting", "channel")));

        Assert.Superset(
            new HashSet<(string, string)>
            {
                ("actorsync.webhooks.deliveries", "channel, outcome"), ("actorsync.inbox.wait", ""), ("actorsync.storage.queue.length", "writer"), ("actorsync.product.commit", ""),
            },
            labels.ToHashSet());
        Assert.All(labels, found => Assert.Equal(string.Join(", ", Documented[found.Instrument].Labels), found.Labels));
    }

    private sealed record Row(string Unit, string[] Labels);

    /// <summary>What is measured in this process, by whatever test.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener listener = new();
        private readonly ConcurrentDictionary<(string Instrument, string Labels), bool> labels = new();

        public Measurements()
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name.StartsWith("ActorSync.", StringComparison.Ordinal))
                {
                    Instruments.Add(instrument);
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
            listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Note(instrument, tags));
            listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
            listener.Start();
        }

        public ConcurrentBag<Instrument> Instruments { get; } = [];

        public ICollection<(string Instrument, string Labels)> Labels()
        {
            listener.RecordObservableInstruments();
            return labels.Keys;
        }

        public void Dispose() => listener.Dispose();

        private void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var names = new List<string>();
            foreach (var tag in tags)
            {
                names.Add(tag.Key);
            }

            labels.TryAdd((instrument.Name, string.Join(", ", names.Order(StringComparer.Ordinal))), true);
        }
    }
}
