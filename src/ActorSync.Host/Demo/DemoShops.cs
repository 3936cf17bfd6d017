using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using Microsoft.Extensions.Options;

namespace ActorSync.Host.Demo;

/// <summary>
/// Runs the Sandbox and takes its two shops and its warehouse from unknown to live: connect, sign in, import, decide the first contact (winner Shopify), create
/// what is missing. The warehouse says how much there is. Every step looks at where the last run stopped, so a restart goes on from there.
/// </summary>
internal sealed partial class DemoShops(
    IOptions<ActorSyncOptions> options,
    IGrainFactory grains,
    IChannelRegistry registry,
    ITenantDirectory directory,
    IHttpClientFactory clients,
    IHostApplicationLifetime lifetime,
    Announce announce,
    ILogger<DemoShops> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    /// <summary>A real warehouse is asked every two minutes; who watches the demo need not wait that long.</summary>
    private const int WarehousePollSeconds = 5;

    private SandboxChild? sandbox;

    private Uri Sandbox => new(options.Value.SandboxUrl);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = clients.CreateClient();
        (sandbox, var problem) = await SandboxChild.StartAsync(Sandbox, options.Value.DataFolder, http, stoppingToken);
        if (sandbox is null)
        {
            Announce.Problem(problem!);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
            return;
        }

        Announce.Line(sandbox.IsBorrowed ? $"Sandbox found at {Sandbox}" : $"Sandbox started at {Sandbox}");
        try
        {
            await SetPolicyAsync();
            await ConnectAsync(DemoDecision.Shopify, "shopify", "Shopify demo shop", "shopify/demo", stoppingToken);
            await ImportAsync(DemoDecision.Shopify, stoppingToken);
            await GoLiveAsync(DemoDecision.Shopify, CreateMissing.All, stoppingToken);
            await ConnectAsync(DemoDecision.Woo, "woocommerce", "WooCommerce demo site", "woo/demo", stoppingToken);
            await ImportAsync(DemoDecision.Woo, stoppingToken);
            await GoLiveAsync(DemoDecision.Woo, CreateMissing.All, stoppingToken);
            await ConnectAsync(DemoDecision.Jtl, "jtl-ffn", "JTL-FFN demo warehouse", "jtl-ffn", stoppingToken);
            await AssignWarehousesAsync(stoppingToken);
            await ImportAsync(DemoDecision.Jtl, stoppingToken);
            await GoLiveAsync(DemoDecision.Jtl, CreateMissing.All, stoppingToken);
            await announce.ReadyAsync(stoppingToken);
        }
        catch (DemoException failure)
        {
            Announce.Problem(failure.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The hub goes on without the demo: what is connected stays connected, and the next start continues here.
            LogFailed(failure);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        lifetime.ApplicationStopped.Register(() => sandbox?.Dispose());
    }

    private async Task SetPolicyAsync()
    {
        var tenant = grains.GetGrain<ITenantGrain>(TenantId.Default.Value);
        var settings = await tenant.GetAsync(-1) ?? throw new InvalidOperationException("The default tenant answered no settings.");
        var wanted = settings.Policy with { StockOrigin = DemoDecision.Jtl.Value, StockSeed = null };
        if (settings.Policy != wanted)
        {
            await tenant.SetPolicyAsync(wanted);
        }
    }

    private async Task ConnectAsync(ChannelId id, string kind, string name, string path, CancellationToken cancellationToken)
    {
        var known = await directory.GetAsync(TenantId.Default, cancellationToken);
        if (known.Channels.All(channel => channel.Id != id))
        {
            var address = new Uri(Sandbox, path).ToString();
            var (secrets, values) = kind switch
            {
                "shopify" => (new Dictionary<string, string> { ["accessToken"] = "shpat_demo", ["webhookSecret"] = "shpss_demo" },
                    new Dictionary<string, string> { ["baseUrl"] = address, ["shopDomain"] = "demo.myshopify.com" }),
                "woocommerce" => (new Dictionary<string, string> { ["consumerKey"] = "ck_demo", ["consumerSecret"] = "cs_demo", ["webhookSecret"] = "whsec_demo" },
                    new Dictionary<string, string> { ["baseUrl"] = address }),
                _ => (new Dictionary<string, string> { ["clientSecret"] = "jtl_demo_secret" },
                    new Dictionary<string, string>
                    {
                        ["apiUrl"] = address + "/api",
                        ["oauthUrl"] = address,
                        ["clientId"] = "jtl_demo",
                        ["pollSeconds"] = WarehousePollSeconds.ToString(CultureInfo.InvariantCulture),
                        ["callsPerSecond"] = "50",
                    }),
            };

            await registry.PutSecretsAsync(id, secrets, cancellationToken);
            var settings = await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PutChannelAsync(new ChannelSettings
            {
                Id = id,
                Tenant = TenantId.Default,
                Kind = kind,
                Name = name,
                Values = values.ToImmutableDictionary(),
            });
            known = await directory.RefreshAsync(TenantId.Default, settings.Version, cancellationToken);
        }

        var channel = known.Channels.Single(candidate => candidate.Id == id);
        var open = await directory.OpenAsync(channel, cancellationToken);
        var probe = await open.ProbeAsync(cancellationToken);
        if (probe.Fault?.Code is TokenFaults.LoginRequired or TokenFaults.ReauthRequired)
        {
            await SignInAsync(id, name, cancellationToken);
            probe = await open.ProbeAsync(cancellationToken);
        }

        if (!probe.Ok)
        {
            throw new DemoException($"{name} does not answer as it should: {probe.Fault?.Message} Try {Sandbox} in a browser; POST {Sandbox}_control/reset starts the shops afresh.");
        }

        var patched = await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PatchChannelAsync(id, new ChannelPatch
        {
            Currency = probe.Currency,
            // Warehouses that were assigned to a location stay.
            Locations =
            [
                .. probe.Locations.Select(location =>
                    channel.Locations.FirstOrDefault(kept => kept.LocationId == location.LocationId) is { } kept ? location with { Warehouses = kept.Warehouses } : location),
            ],
        });
        await directory.RefreshAsync(TenantId.Default, patched?.Version ?? 0, cancellationToken);
        await Revival.ChannelGrainsAsync(grains, id);
        if (open is IWebhookRegistrar)
        {
            var registration = await grains.GetGrain<IWebhookWatchGrain>(id.Value).RegisterAsync(new Uri(new Uri(options.Value.PublicUrl ?? options.Value.Listen), $"/webhooks/{kind}/{id.Value}"));
            if (!registration.Ok)
            {
                throw new DemoException($"{name} refused the webhooks: {registration.Fault?.Message}");
            }
        }

        Announce.Line($"{name} connected ({probe.Products?.ToString() ?? "?"} products)");
    }

    /// <summary>As a person would: ask our own API where to sign in, go there, and follow the redirects back to us. The Sandbox consents by itself.</summary>
    private async Task SignInAsync(ChannelId id, string name, CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient();
        using var start = await http.PostAsync(new Uri(new Uri(options.Value.Listen), $"/api/channels/{id.Value}/login"), null, cancellationToken);
        var answer = await start.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (!start.IsSuccessStatusCode || answer.GetProperty("authorizeUrl").GetString() is not { } address)
        {
            throw new DemoException($"{name}: where to sign in could not be learned: {answer}");
        }

        using var consent = await http.GetAsync(new Uri(address), cancellationToken);
        if (!consent.IsSuccessStatusCode)
        {
            throw new DemoException($"{name} refused the sign-in: {await consent.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    /// <summary>The shop's locations stand for the warehouse's places in their order: both have one in the east and one in the north.</summary>
    private async Task AssignWarehousesAsync(CancellationToken cancellationToken)
    {
        var known = await directory.GetAsync(TenantId.Default, cancellationToken);
        var warehouses = known.Channels.Single(channel => channel.Id == DemoDecision.Jtl).Locations;
        var shop = known.Channels.Single(channel => channel.Id == DemoDecision.Shopify);
        ImmutableArray<ChannelLocation> assigned = [.. shop.Locations.Zip(warehouses, (location, warehouse) => location with { Warehouses = [warehouse.LocationId] })];
        if (!shop.Locations.Zip(assigned).All(pair => pair.First.Warehouses.SequenceEqual(pair.Second.Warehouses)))
        {
            var patched = await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PatchChannelAsync(DemoDecision.Shopify, new ChannelPatch { Locations = assigned });
            await directory.RefreshAsync(TenantId.Default, patched?.Version ?? 0, cancellationToken);
        }
    }

    private async Task ImportAsync(ChannelId id, CancellationToken cancellationToken)
    {
        var channel = await directory.FindChannelAsync(id, cancellationToken);
        var import = grains.GetGrain<IImportGrain>(id.Value);
        if (channel is { ImportedAt: not null })
        {
            return;
        }

        var progress = await import.StartAsync("demo");
        using var timer = new PeriodicTimer(Look);
        var told = -1L;
        while (progress.State is "running" or "waiting" or "none")
        {
            if (progress.Done != told)
            {
                told = progress.Done;
                Announce.Line($"  importing {channel?.Name ?? id.Value}: {progress.Done} of {progress.Total?.ToString() ?? "?"} products");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
            progress = await import.GetAsync();
        }

        Announce.Line($"  importing {channel?.Name ?? id.Value}: {progress.State}, {progress.Sentence}");
        if (progress.State != "done")
        {
            throw new DemoException($"The import of {id} ended as {progress.State}: {progress.Sentence}");
        }
    }

    private async Task GoLiveAsync(ChannelId id, CreateMissing createMissing, CancellationToken cancellationToken)
    {
        var goLive = grains.GetGrain<IGoLiveGrain>(id.Value);
        var report = await goLive.ReportAsync();
        if (report.State == "live")
        {
            return;
        }

        using var timer = new PeriodicTimer(Look);
        while (!report.Started && report.State != "live")
        {
            // The number to confirm includes what will be created.
            var writes = report.Update + report.Undecided + report.Create;
            report = await goLive.StartAsync(new GoLiveRequest
            {
                Confirm = writes,
                Winner = DemoDecision.Shopify.Value,
                CreateMissing = createMissing,
                Actor = "demo",
            });
            if (!report.Started)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        Announce.Line($"  {id}: {report.Update + report.Undecided} to update, {report.Create} to create, {report.Ambiguous} ambiguous");
        while ((await goLive.ReportAsync()).State != "live")
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    [LoggerMessage(9001, LogLevel.Error, "The demo's shops could not be connected; the next start tries again")]
    private partial void LogFailed(Exception failure);

    private sealed class DemoException(string message) : Exception(message);
}
