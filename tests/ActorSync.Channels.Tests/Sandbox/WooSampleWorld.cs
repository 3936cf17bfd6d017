using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>The few objects that the captured samples speak of, made in the Sandbox, with a translation of the samples' ids.</summary>
public sealed partial class WooSampleWorld
{
    /// <summary>Never given in any shop.</summary>
    private const long NobodysId = 999_999;
    private const long RealSimple = 10;
    private const long RealParent = 15;
    private const long RealVariation = 16;
    private const long RealCategory = 17;
    private const long RealTag = 18;
    private const long RealUncategorized = 15;
    private const long RealColor = 1;

    private long category;
    private long uncategorized;
    private long tag;
    private long color;

    public long Simple { get; private set; }

    public long Parent { get; private set; }

    public long Variation { get; private set; }

    public static async Task<WooSampleWorld> CreateAsync(WooHttp woo)
    {
        var world = new WooSampleWorld();
        world.uncategorized = Id(await woo.GetAsync("products/categories?slug=uncategorized"));
        world.category = Id(await woo.PostAsync("products/categories", new JsonObject { ["name"] = "Trail" }));
        world.tag = Id(await woo.PostAsync("products/tags", new JsonObject { ["name"] = "summer" }));
        world.color = Id(await woo.PostAsync("products/attributes", new JsonObject { ["name"] = "Color", ["slug"] = "pa_color" }));
        foreach (var term in (string[])["Blue", "Red"])
        {
            await woo.PostAsync($"products/attributes/{world.color}/terms", new JsonObject { ["name"] = term });
        }

        world.Simple = Id(await woo.PostAsync("products", JsonNode.Parse($$"""
            {"name":"Trail Runner","type":"simple","status":"publish","sku":"TR-1","global_unique_id":"4006381333931","regular_price":"79.90","sale_price":"69.90","description":"<p>Long <b>text</b></p>",
             "short_description":"Short","categories":[{"id":{{world.category}}}],"tags":[{"id":{{world.tag}}}],"manage_stock":true,"stock_quantity":12,"weight":"0.75",
             "dimensions":{"length":"30","width":"20","height":"12.5"},"meta_data":[{"key":"_yoast_wpseo_title","value":"SEO title"},{"key":"_yoast_wpseo_metadesc","value":"SEO text"},{"key":"_actorsync_version","value":"77"}]}
            """)!));
        world.Parent = Id(await woo.PostAsync("products", JsonNode.Parse($$"""
            {"name":"Trail Tee","type":"variable","sku":"TEE","categories":[{"id":{{world.category}}}],"attributes":[{"id":{{world.color}},"position":0,"visible":true,"variation":true,"options":["Blue","Red"]},
             {"name":"Size","position":1,"visible":true,"variation":true,"options":["S","M"]}]}
            """)!));
        world.Variation = Id(await woo.PostAsync($"products/{world.Parent}/variations", JsonNode.Parse($$"""
            {"sku":"TEE-BLUE-S","regular_price":"20.00","manage_stock":true,"stock_quantity":4,"global_unique_id":"4012345678901","attributes":[{"id":{{world.color}},"option":"Blue"},{"name":"Size","option":"S"}],"weight":"0.2"}
            """)!));
        return world;
    }

    /// <summary>The path below wc/v3 with this world's ids in place of the captured ones.</summary>
    public string Path(string captured)
    {
        var path = captured[(captured.IndexOf("/wc/v3/", StringComparison.Ordinal) + "/wc/v3/".Length)..];
        path = ProductId().Replace(path, m => "products/" + (long.Parse(m.Groups["id"].Value, CultureInfo.InvariantCulture) switch
        {
            RealSimple => Simple.ToString(CultureInfo.InvariantCulture),
            RealParent => Parent.ToString(CultureInfo.InvariantCulture),
            RealVariation => Variation.ToString(CultureInfo.InvariantCulture),
            _ => m.Groups["id"].Value,
        }));
        return path.Replace("variations/16", $"variations/{Variation}", StringComparison.Ordinal);
    }

    /// <summary>A captured body with this world's ids.</summary>
    public JsonNode Translate(JsonNode captured)
    {
        var copy = captured.DeepClone();
        if (copy is JsonObject body)
        {
            Replace(body["categories"], (RealCategory, category), (RealUncategorized, uncategorized));
            Replace(body["tags"], (RealTag, tag));
            Replace(body["attributes"], (RealColor, color));
            foreach (var update in body["update"] as JsonArray ?? [])
            {
                if (update is JsonObject item)
                {
                    ReplaceIn(item, [(RealSimple, Simple), (RealVariation, Variation)]);
                }
            }

            ReplaceIn(body, [(RealSimple, Simple), (999, NobodysId)]);
        }

        return copy;
    }

    /// <summary>Ids and slugs that the shop gives by counting say nothing; they are taken out before values are compared.</summary>
    public static JsonNode? WithoutNewIds(JsonNode? value)
    {
        var copy = value?.DeepClone();
        foreach (var item in copy as JsonArray ?? [])
        {
            if (item is JsonObject entry && entry.ContainsKey("key"))
            {
                entry.Remove("id");
            }
            else if (item is JsonObject term && term["name"] is JsonValue name && name.GetValue<string>() == "newtag")
            {
                term.Remove("id");
            }
        }

        return copy;
    }

    private static long Id(WooReply reply)
    {
        Assert.True(reply.Status is 200 or 201, reply.Text);
        return (reply.Json is JsonArray list ? list[0]! : reply.Json!)["id"]!.GetValue<long>();
    }

    private static void Replace(JsonNode? list, params (long From, long To)[] ids)
    {
        foreach (var item in list as JsonArray ?? [])
        {
            if (item is JsonObject entry)
            {
                ReplaceIn(entry, ids);
            }
        }
    }

    private static void ReplaceIn(JsonObject entry, (long From, long To)[] ids)
    {
        if (entry["id"] is JsonValue id && id.TryGetValue<long>(out var number) && Array.Find(ids, i => i.From == number) is { To: > 0 } found)
        {
            entry["id"] = found.To;
        }
    }

    [GeneratedRegex("^products/(?<id>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProductId();
}
