using ActorSync.Abstractions.Storage;
using ActorSync.Domain.Products;
using ActorSync.Host.Demo;
using ActorSync.Host.Roles;
using Microsoft.Extensions.Options;

namespace ActorSync.Host;

/// <summary>What a person at the terminal is told besides the log: where to look, what to try, how far the demo is.</summary>
internal sealed class Announce(IOptions<ActorSyncOptions> options, IProductQueries queries)
{
    private string Hub => options.Value.Listen.TrimEnd('/');

    private string Sandbox => options.Value.SandboxUrl.TrimEnd('/');

    /// <param name="parts">What this process holds.</param>
    /// <param name="demo">Whether and why this is a demo.</param>
    /// <param name="firstKey">The admin key that this start has made; only its hash is kept, so this is the one time it can be told.</param>
    public void Started(RoleParts parts, DemoDecision demo, string? firstKey)
    {
        Line("");
        Line(parts.IsWhole ? $"ActorSync is running at {Hub}" : $"ActorSync is running as {options.Value.Role} at {Hub}");
        if (parts.Api)
        {
            Line($"  live page   {Hub}/");
            Line($"  API         {Hub}/docs");
        }

        if (!parts.IsWhole)
        {
            Line($"  health      {Hub}/health/ready");
        }

        if (parts.Ingress && !parts.Api)
        {
            Line($"  webhooks    {Hub}/webhooks/…");
        }

        Line(demo.IsDemo ? $"  demo        {demo.Reason}; no key is needed from this machine (--demo false refuses)" : $"  demo        off: {demo.Reason}");
        if (firstKey is not null)
        {
            Line($"  admin key   {firstKey}");
            Line("              keep it now, it is not shown again; send it as 'Authorization: Bearer <key>' or sign in with it at /login");
        }

        Line("");
    }

    /// <summary>Waits until the first sync has settled, then tells what to try.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var told = -1L;
        SyncCounts counts;
        do
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            counts = await queries.CountBySyncStatusAsync(TenantId.Default, cancellationToken);
            if (counts.Pending != told && counts.Pending > 0)
            {
                Line($"  bringing the shops in line: {counts.Pending} products on their way");
            }

            told = counts.Pending;
        }
        while (counts.Pending > 0);

        Line($"  {counts.Synced} of {counts.Total} products are the same wherever they are sold or stored");
        Line("");
        Line("Try it:");
        Line($"  1. Change a title or price in {Sandbox}/shopify/demo/admin/products and watch {Hub}/ and {Sandbox}/woo/demo/wp-admin/");
        Line($"  2. Sell one:  curl -X POST {Sandbox}/_control/sell -H 'content-type: application/json' -d '{{\"channel\":\"woocommerce\",\"sku\":\"…\",\"quantity\":1}}'");
        Line($"  3. Break it:  curl -X POST {Sandbox}/_control/faults -H 'content-type: application/json' -d '{{\"channel\":\"shopify\",\"errorRate\":0.3}}'");
        Line("  Ctrl-C finishes what is under way and stops; the state is kept for the next start.");
        Line("");
    }

    public static void Line(string text) => Console.WriteLine(text);

    public static void Problem(string sentence) => Console.Error.WriteLine(sentence);
}
