using System.Net;
using System.Text;

namespace ActorSync.Sandbox.Core;

/// <summary>The page at /: which shops run here, how to sign in to them, how to break them, and how they are doing.</summary>
public static class StartPage
{
    public static void Map(WebApplication app, SandboxHost sandbox) =>
        app.MapGet("/", () => Results.Content(Render(sandbox), "text/html; charset=utf-8"));

    private static string Render(SandboxHost sandbox)
    {
        var address = sandbox.Options.BaseAddress;
        var html = new StringBuilder();
        html.Append("<h1>Sandbox shops</h1><p>Simulated sales channels that speak the real wire formats. Nothing here leaves this computer. Generation <code>")
            .Append(sandbox.Generation).Append("</code>. The hub is at <a href=\"").Append(Text(sandbox.Options.Hub.ToString())).Append("\">").Append(Text(sandbox.Options.Hub.ToString())).Append("</a>.</p>");
        foreach (var simulator in sandbox.Simulators)
        {
            var card = simulator.Card;
            var stats = simulator.Stats.Describe(simulator.ProductsHeld);
            html.Append("<section><h2>").Append(Text(card.Title)).Append("</h2><p><a class=\"button\" href=\"").Append(card.MerchantPath).Append("\">Open the merchant pages</a></p><dl>")
                .Append("<dt>API</dt><dd><code>").Append(Text(address + card.ApiPath)).Append("</code></dd>")
                .Append("<dt>Sign in with</dt><dd><code>").Append(Text(card.Credentials)).Append("</code></dd>")
                .Append("<dt>Products</dt><dd>").Append(stats.ProductsHeld).Append("</dd>")
                .Append("<dt>API requests</dt><dd>").Append(stats.RequestsTotal).Append(", of which ").Append(stats.Throttled).Append(" throttled, ").Append(stats.Errors).Append(" failed; ").Append(stats.Writes).Append(" writes</dd>")
                .Append("<dt>Webhooks</dt><dd>").Append(stats.WebhooksSent).Append(" sent, ").Append(stats.WebhooksPending).Append(" waiting, ").Append(stats.WebhooksLost).Append(" lost, ").Append(stats.WebhooksFailed).Append(" failed</dd>")
                .Append("<dt>Faults</dt><dd>").Append(Text(string.Join(", ", simulator.Faults.Changed().Select(f => $"{f.Key} {f.Value}").DefaultIfEmpty("none")))).Append("</dd></dl></section>");
        }

        html.Append("<section><h2>Break things</h2><p>Rates go from 0 to 1; a call changes only what it names. Faults meet the API, never these pages.</p><pre>");
        foreach (var line in new[]
        {
            $"curl {address}/_control/stats",
            $"curl {address}/_control/faults",
            $"curl {address}/_control/faults -d '{{\"channel\":\"shopify\",\"errorRate\":0.2,\"latencyMs\":300}}'",
            $"curl {address}/_control/faults -d '{{\"channel\":\"woocommerce\",\"webhookLoss\":0.3,\"webhookDuplicate\":0.3,\"webhookShuffle\":0.5}}'",
            $"curl {address}/_control/faults -d '{{\"channel\":\"woocommerce\",\"failAfterEffect\":1}}'   # the next write happens, its answer is a 500",
            $"curl {address}/_control/sell -d '{{\"channel\":\"shopify\",\"sku\":\"ODD-AMP\",\"quantity\":1}}'",
            $"curl {address}/_control/woocommerce/edit -d '{{\"sku\":\"ODD-AMP\",\"title\":\"Salz & Pfeffer\",\"price\":19.90}}'",
            $"curl {address}/_control/woocommerce/products/by-sku/ODD-AMP",
            $"curl {address}/_control/jtl-ffn/settings -d '{{\"accessTokenSeconds\":30,\"quotaLimit\":100}}'",
            $"curl {address}/_control/jtl-ffn/stock -d '{{\"sku\":\"ODD-AMP\",\"stockLevel\":5}}'",
            $"curl -X POST {address}/_control/reset   # every shop as on the first day",
        })
        {
            html.Append(Text(line)).Append('\n');
        }

        html.Append("</pre><p>One-shots, a number of calls each: <code>").Append(string.Join("</code>, <code>", OneShot.All)).Append("</code>.</p></section>");
        return HtmlPage.Render("Sandbox shops", "", html.ToString());
    }

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
