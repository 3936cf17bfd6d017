using System.Collections.Immutable;
using ActorSync.Abstractions.Channels;
using ActorSync.Abstractions.Storage;
using ActorSync.Abstractions.Stores;
using ActorSync.Abstractions.Tenants;
using ActorSync.Abstractions.Webhooks;
using ActorSync.Domain.Channels;
using ActorSync.Domain.Products;
using ActorSync.Domain.Tenants;
using Microsoft.Extensions.Options;

namespace ActorSync.Host.Demo;

/// <summary>
/// Runs the Sandbox and takes its two shops from unknown to live: connect, import, decide the first contact (winner Shopify), create what is missing. Every
/// step looks at where the last run stopped, so a restart goes on from there.
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
        var wanted = settings.Policy with { StockOrigin = TenantPolicy.HubStockOrigin, StockSeed = DemoDecision.Shopify };
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
            var secrets = kind == "shopify"
                ? new Dictionary<string, string> { ["accessToken"] = "shpat_demo", ["webhookSecret"] = "shpss_demo" }
                : new Dictionary<string, string> { ["consumerKey"] = "ck_demo", ["consumerSecret"] = "cs_demo", ["webhookSecret"] = "whsec_demo" };
            var values = new Dictionary<string, string> { ["baseUrl"] = new Uri(Sandbox, path).ToString() };
            if (kind == "shopify")
            {
                values["shopDomain"] = "demo.myshopify.com";
            }

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
        if (!probe.Ok)
        {
            throw new DemoException($"{name} does not answer as it should: {probe.Fault?.Message} Try {Sandbox} in a browser; POST {Sandbox}_control/reset starts the shops afresh.");
        }

        var patched = await grains.GetGrain<ITenantGrain>(TenantId.Default.Value).PatchChannelAsync(id, new ChannelPatch
        {
            Currency = probe.Currency,
            Locations = probe.Locations,
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
