using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Sends a captured request to the Sandbox as it was sent to the real shop, after bringing about what the shop held at that moment.</summary>
internal sealed class WooReplay(SandboxProcess sandbox, WooHttp woo, WooSampleWorld world)
{
    private const string Channel = "woocommerce";
    private const string Nobody = "";

    /// <summary>Answers that were shortened by hand when they were captured.</summary>
    public static readonly FrozenSet<string> TrimmedByHand = FrozenSet.Create(
        StringComparer.Ordinal, "batch-mixed-trimmed", "batch-types-not-validated", "batch-same-id-twice", "batch-delete", "product-stock-update");

    public async Task<WooReply> SendAsync(string name, JsonNode sample)
    {
        await PrepareAsync(name);
        using var request = await RequestAsync(name, sample["request"]!);
        using var response = await sandbox.Http.SendAsync(request);
        var reply = await WooReply.ReadAsync(response);
        if (reply.Status == 201 && sample["response"]!["body"] is JsonObject { } captured && captured["id"] is not null)
        {
            Learn(captured, (JsonObject)reply.Json!, request.RequestUri!.AbsolutePath);
        }

        return reply;
    }

    private async Task PrepareAsync(string name)
    {
        switch (name)
        {
            case "product-create-variable":
                await woo.PostAsync(world.Path("/wp-json/wc/v3/products/attributes/1/terms"), new JsonObject { ["name"] = "Red" });
                break;
            case "put-body-id-wins":
                await MakeAsync("products", 206, "products", """{"name":"Race","sku":"RACE-1"}""");
                break;
            case "batch-delete":
                await MakeAsync("products", 196, "products", """{"name":"bd"}""");
                break;
            case "batch-types-not-validated":
                // Its creates met products that an earlier run had made.
                await MakeAsync("products", 22, "products", """{"name":"B num","sku":"B-NUM"}""");
                await MakeAsync("products", 23, "products", """{"name":"B enum","sku":"B-ENUM"}""");
                break;
            case "product-trash":
                await MakeAsync("products", 187, "products", """{"name":"to trash","sku":"TRASH-1","regular_price":"1"}""");
                break;
            case "product-get-untrashed":
                await woo.PutAsync(world.Path("/wp-json/wc/v3/products/187"), new JsonObject { ["status"] = "publish" });
                break;
            case "product-restore-by-rest":
                await MakeAsync("products", 197, "products", """{"name":"rest restore"}""");
                await woo.DeleteAsync(world.Path("/wp-json/wc/v3/products/197"));
                break;
            case "product-force-delete":
                await MakeAsync("products", 188, "products", """{"name":"to delete"}""");
                break;
            case "variation-delete":
                await MakeAsync("variations", 192, world.Path("/wp-json/wc/v3/products/15/variations"), """{"sku":"VDEL","regular_price":"1"}""");
                await woo.PutAsync(world.Path("/wp-json/wc/v3/products/15"), JsonNode.Parse("""{"manage_stock":true,"stock_quantity":50}""")!);
                break;
            case "variation-delete-force":
                await MakeAsync("variations", 193, world.Path("/wp-json/wc/v3/products/15/variations"), """{"sku":"VDEL2","regular_price":"1"}""");
                break;
            case "tag-delete-noforce":
                await woo.PutAsync(world.Path("/wp-json/wc/v3/products/15"), JsonNode.Parse("""{"manage_stock":false}""")!);
                await MakeAsync("tags", 30, "products/tags", """{"name":"to delete"}""");
                break;
            case "webhook-update":
                await MakeAsync("webhooks", 2, "webhooks", """{"name":"u","topic":"product.updated","delivery_url":"http://127.0.0.1:1/ok","secret":"whsec"}""");
                break;
            case "webhook-get-disabled":
                await MakeAsync("webhooks", 9, "webhooks", """{"name":"f500","topic":"product.updated","delivery_url":"http://127.0.0.1:1/fail"}""");
                await woo.PutAsync(world.Path("/wp-json/wc/v3/webhooks/9"), new JsonObject { ["status"] = "disabled" });
                break;
            case "webhook-delete-noforce":
                await MakeAsync("webhooks", 7, "webhooks", """{"name":"dead","topic":"product.created","delivery_url":"http://127.0.0.1:1/none"}""");
                break;
            case "php-fatal":
                await sandbox.FaultsAsync(new JsonObject { ["channel"] = Channel, ["failBeforeEffect"] = 1 });
                break;
            case "php-warning-before-json":
                await sandbox.FaultsAsync(new JsonObject { ["channel"] = Channel, ["noiseBeforeJson"] = 1 });
                break;
            case "maintenance-mode":
                await sandbox.PostAsync("_control/woocommerce/host", new JsonObject { ["maintenance"] = 1 });
                break;
        }
    }

    private async Task MakeAsync(string kind, long captured, string path, string body)
    {
        var reply = await woo.PostAsync(path, world.Translate(JsonNode.Parse(body)!));
        Assert.True(reply.Status == 201, reply.Text);
        world.Know(kind, captured, reply.Json!["id"]!.GetValue<long>());
    }

    private async Task<HttpRequestMessage> RequestAsync(string name, JsonNode captured)
    {
        var path = captured["path"]!.GetValue<string>();
        path = path.Contains("/wc/v3/", StringComparison.Ordinal) && !path.Contains("rest_route", StringComparison.Ordinal) ? "/wp-json/wc/v3/" + world.Path(path) : path;
        path = name switch
        {
            "auth-query-https" => path.Replace("ck_xxxxxxxx", WooHttp.Key, StringComparison.Ordinal).Replace("cs_xxxxxxxx", WooHttp.Secret, StringComparison.Ordinal),
            _ when name.StartsWith("oauth-", StringComparison.Ordinal) => await SignedAsync(name, path),
            _ => path,
        };
        var request = new HttpRequestMessage(new HttpMethod(captured["method"]!.GetValue<string>()), new Uri(sandbox.Address, "woo/demo" + path));
        var pair = name switch
        {
            "auth-bad-key" => "ck_0000000000000000000000000000000000000000:cs_x",
            "auth-bad-secret" => $"{WooHttp.Key}:cs_wrong",
            "auth-readonly-write" => "ck_read:cs_read",
            "auth-writeonly-read" => "ck_write:cs_write",
            "auth-none" or "auth-query-https" => Nobody,
            _ when name.StartsWith("oauth-", StringComparison.Ordinal) => Nobody,
            _ => $"{WooHttp.Key}:{WooHttp.Secret}",
        };
        if (pair.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        var (body, type) = name switch
        {
            "bad-json" => ("{\"name\":", "application/json"),
            "wrong-content-type" => ("{\"stock_quantity\":1}", "text/plain"),
            "batch-101" => (new JsonObject { ["update"] = new JsonArray([.. Enumerable.Range(0, 101).Select(_ => (JsonNode)new JsonObject { ["id"] = world.Simple, ["stock_quantity"] = 9 })]) }.ToJsonString(), "application/json"),
            _ => (captured["body"] is { } sent ? world.Translate(sent).ToJsonString() : null, "application/json"),
        };
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, type);
        }

        return request;
    }

    private async Task<string> SignedAsync(string name, string path)
    {
        const string Nonce = "deadbeef37ceb778";
        if (name == "oauth-missing-parameter")
        {
            return path.Replace("ck_xxxxxxxx", WooHttp.Key, StringComparison.Ordinal);
        }

        var key = name == "oauth-bad-key" ? "ck_0000000000000000000000000000000000000000" : WooHttp.Key;
        var at = DateTimeOffset.UtcNow.AddMinutes(name == "oauth-old-timestamp" ? -17 : 0).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var nonce = name == "oauth-nonce-reused" ? Nonce : Guid.NewGuid().ToString("N");
        List<(string Name, string Value)> all = [("per_page", "1"), ("oauth_consumer_key", key), ("oauth_timestamp", at), ("oauth_nonce", nonce), ("oauth_signature_method", "HMAC-SHA256")];
        var address = new Uri(sandbox.Address, "woo/demo/wp-json/wc/v3/products").AbsoluteUri;
        var signature = WooHttp.Sign("GET", address, all, name == "oauth-bad-signature" ? "cs_wrong" : WooHttp.Secret, "HMAC-SHA256");
        var query = string.Join('&', all.Append(("oauth_signature", signature)).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2)}"));
        if (name == "oauth-nonce-reused")
        {
            // The first use is spent here; what is replayed is the second.
            (await sandbox.Http.GetAsync(new Uri($"{address}?{query}"))).Dispose();
        }

        return $"/wp-json/wc/v3/products?{query}";
    }

    /// <summary>What a sample made stands from now on for the captured one, with its pictures and meta rows.</summary>
    private void Learn(JsonObject captured, JsonObject mine, string path)
    {
        var kind = path.Split('/', StringSplitOptions.RemoveEmptyEntries)[^1];
        world.Know(kind == "terms" ? "tags" : kind, captured["id"]!.GetValue<long>(), mine["id"]!.GetValue<long>());
        foreach (var list in (string[])["images", "meta_data"])
        {
            foreach (var (theirs, ours) in (captured[list] as JsonArray ?? []).Zip(mine[list] as JsonArray ?? []))
            {
                world.Know(list, theirs!["id"]!.GetValue<long>(), ours!["id"]!.GetValue<long>());
            }
        }
    }
}
