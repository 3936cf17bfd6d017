using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ActorSync.Benchmarks.Pipeline;

/// <summary>Signed Shopify-shaped product webhooks: 3 variants, about 3.3 KB, as in performance-notes section 2.</summary>
internal static class Payloads
{
    public const string Secret = "bench-secret";

    /// <summary>Pass 0 announces the products; each later pass changes title and prices and moves the version one minute on.</summary>
    public static (byte[] Body, string Signature, string Id) Make(int product, int pass, DateTimeOffset start)
    {
        var at = start.AddMinutes(pass).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        var text = new StringBuilder(3400);
        var id = 7_000_000_000_000 + product;
        text.Append(CultureInfo.InvariantCulture, $"{{\"admin_graphql_api_id\":\"gid:\\/\\/shopify\\/Product\\/{id}\",\"body_html\":\"\\u003cp\\u003e{Filler(product)}\\u003c\\/p\\u003e\",");
        text.Append(CultureInfo.InvariantCulture, $"\"created_at\":\"{at}\",\"handle\":\"bench-{product}\",\"id\":{id},\"product_type\":\"Bench\",\"published_at\":\"{at}\",\"template_suffix\":null,");
        text.Append(CultureInfo.InvariantCulture, $"\"title\":\"Benchmark product {product} in pass {pass}\",\"updated_at\":\"{at}\",\"vendor\":\"Bench vendor {product % 50}\",\"status\":\"active\",\"published_scope\":\"global\",");
        text.Append(CultureInfo.InvariantCulture, $"\"tags\":\"bench, pass{pass}, group{product % 20}\",\"variants\":[");
        for (var v = 0; v < 3; v++)
        {
            var variant = id * 10 + v;
            text.Append(v == 0 ? "" : ",");
            text.Append(CultureInfo.InvariantCulture, $"{{\"admin_graphql_api_id\":\"gid:\\/\\/shopify\\/ProductVariant\\/{variant}\",\"barcode\":\"\",\"compare_at_price\":null,\"created_at\":\"{at}\",\"id\":{variant},");
            text.Append(CultureInfo.InvariantCulture, $"\"inventory_policy\":\"deny\",\"position\":{v + 1},\"price\":\"{10 + product % 90 + pass}.{(v * 5) + 40}\",\"product_id\":{id},\"sku\":\"BENCH-{product}-{v}\",\"taxable\":true,");
            text.Append(CultureInfo.InvariantCulture, $"\"title\":\"Size {v}\",\"updated_at\":\"{at}\",\"option1\":\"Size {v}\",\"option2\":null,\"option3\":null,\"image_id\":null,\"inventory_item_id\":{variant + 5},\"inventory_quantity\":{product % 40},\"old_inventory_quantity\":{product % 40}}}");
        }

        text.Append(CultureInfo.InvariantCulture, $"],\"options\":[{{\"name\":\"Size\",\"id\":{id + 1},\"product_id\":{id},\"position\":1,\"values\":[\"Size 0\",\"Size 1\",\"Size 2\"]}}],");
        text.Append("\"images\":[],\"image\":null,\"media\":[],\"variant_gids\":[");
        for (var v = 0; v < 3; v++)
        {
            text.Append(v == 0 ? "" : ",");
            text.Append(CultureInfo.InvariantCulture, $"{{\"admin_graphql_api_id\":\"gid:\\/\\/shopify\\/ProductVariant\\/{(id * 10) + v}\",\"updated_at\":\"{start.AddMinutes(pass).UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}\"}}");
        }

        text.Append("],\"has_variants_that_requires_components\":false,\"category\":null}");
        var body = Encoding.UTF8.GetBytes(text.ToString());
        return (body, Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)), $"bench-{product}-{pass}");
    }

    private static string Filler(int product) =>
        string.Concat(Enumerable.Repeat($"Part {product % 7} of a description that says little and is long enough to be like a real one. ", 9));
}
