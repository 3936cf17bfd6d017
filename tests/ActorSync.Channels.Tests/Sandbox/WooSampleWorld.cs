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

    private readonly Dictionary<(string Kind, long Captured), long> known = [];

    public long Simple => Mine("products", RealSimple);

    public long Parent => Mine("products", RealParent);

    public long Variation => Mine("variations", RealVariation);

    /// <summary>Only what no sample makes: the rest is made by replaying the samples that made it.</summary>
    public static async Task<WooSampleWorld> BeginAsync(WooHttp woo)
    {
        var world = new WooSampleWorld();
        world.Know("categories", RealUncategorized, Id(await woo.GetAsync("products/categories?slug=uncategorized")));
        world.Know("categories", RealCategory, Id(await woo.PostAsync("products/categories", new JsonObject { ["name"] = "Trail" })));
        return world;
    }

    public static async Task<WooSampleWorld> CreateAsync(WooHttp woo)
    {
        var world = await BeginAsync(woo);
        world.Know("tags", RealTag, Id(await woo.PostAsync("products/tags", new JsonObject { ["name"] = "summer" })));
        world.Know("attributes", RealColor, Id(await woo.PostAsync("products/attributes", new JsonObject { ["name"] = "Color", ["slug"] = "pa_color" })));
        foreach (var term in (string[])["Blue", "Red"])
        {
            await woo.PostAsync($"products/attributes/{world.Mine("attributes", RealColor)}/terms", new JsonObject { ["name"] = term });
        }

        world.Know("products", RealSimple, Id(await woo.PostAsync("products", world.Translate(JsonNode.Parse("""
            {"name":"Trail Runner","type":"simple","status":"publish","sku":"TR-1","global_unique_id":"4006381333931","regular_price":"79.90","sale_price":"69.90","description":"<p>Long <b>text</b></p>",
             "short_description":"Short","categories":[{"id":17}],"tags":[{"id":18}],"manage_stock":true,"stock_quantity":12,"weight":"0.75",
             "dimensions":{"length":"30","width":"20","height":"12.5"},"meta_data":[{"key":"_yoast_wpseo_title","value":"SEO title"},{"key":"_yoast_wpseo_metadesc","value":"SEO text"},{"key":"_actorsync_version","value":"77"}]}
            """)!))));
        world.Know("products", RealParent, Id(await woo.PostAsync("products", world.Translate(JsonNode.Parse("""
            {"name":"Trail Tee","type":"variable","sku":"TEE","categories":[{"id":17}],"attributes":[{"id":1,"position":0,"visible":true,"variation":true,"options":["Blue","Red"]},
             {"name":"Size","position":1,"visible":true,"variation":true,"options":["S","M"]}]}
            """)!))));
        world.Know("variations", RealVariation, Id(await woo.PostAsync($"products/{world.Parent}/variations", world.Translate(JsonNode.Parse("""
            {"sku":"TEE-BLUE-S","regular_price":"20.00","manage_stock":true,"stock_quantity":4,"global_unique_id":"4012345678901","attributes":[{"id":1,"option":"Blue"},{"name":"Size","option":"S"}],"weight":"0.2"}
            """)!))));
        return world;
    }

    /// <summary>From now on a captured id stands for this world's.</summary>
    public void Know(string kind, long captured, long mine) => known[(Counter(kind), captured)] = mine;

    /// <summary>The captured address below the site with this world's ids in it.</summary>
    public string Path(string captured)
    {
        var path = captured[(captured.IndexOf("/wc/v3/", StringComparison.Ordinal) + "/wc/v3/".Length)..];
        return IdInPath().Replace(path, match => $"{match.Groups["kind"].Value}/{Mine(match.Groups["kind"].Value, long.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture))}");
    }

    /// <summary>A captured body with this world's ids.</summary>
    public JsonNode Translate(JsonNode captured)
    {
        var copy = captured.DeepClone();
        Translate(copy, "products");
        return copy;
    }

    /// <summary>Ids and slugs that the shop gives by counting say nothing; they are taken out before values are compared.</summary>
    public static JsonNode? WithoutNewIds(JsonNode? value)
    {
        var copy = value?.DeepClone();
        // WordPress notes the days that a product was dated before; how many there are depends on the hour at which the rows are played.
        (copy as JsonArray)?.RemoveAll(item => item is JsonObject entry && entry["key"] is JsonValue key && key.GetValue<string>() == "_wp_old_date");
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

    private void Translate(JsonNode? node, string kind)
    {
        switch (node)
        {
            case JsonArray { Count: > 0 } list when kind is "delete":
                for (var i = 0; i < list.Count; i++)
                {
                    list[i] = Mine("products", list[i]!.GetValue<long>());
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Translate(item, kind);
                }

                break;
            case JsonObject entry:
                if (entry["id"] is JsonValue id && id.TryGetValue<long>(out var number) && number > 0)
                {
                    entry["id"] = Mine(kind, number);
                }

                foreach (var (name, value) in entry.Where(m => m.Value is JsonArray).ToArray())
                {
                    Translate(value, name is "create" or "update" ? "products" : name);
                }

                break;
        }
    }

    private long Mine(string kind, long captured) => known.GetValueOrDefault((Counter(kind), captured), captured is 999 ? NobodysId : captured);

    /// <summary>Products, variations and images are posts of one counter, categories and tags terms of another.</summary>
    private static string Counter(string kind) => kind switch
    {
        "products" or "variations" or "images" or "image" => "post",
        "categories" or "tags" or "brands" => "term",
        _ => kind,
    };

    [GeneratedRegex("(?<kind>products|variations|categories|tags|attributes|webhooks)/(?<id>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdInPath();
}
