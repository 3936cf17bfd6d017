using System.Text.Json.Nodes;

namespace ActorSync.Sandbox.WooCommerce;

/// <summary>What a connector learns once: zone, currency, units, version.</summary>
public static class WooSettings
{
    private static readonly Dictionary<string, (string Id, string Type, string Value, string Default)[]> Groups = new(StringComparer.Ordinal)
    {
        ["general"] =
        [
            ("woocommerce_default_country", "select", "DE:DE-BE", "US:CA"), ("woocommerce_calc_taxes", "checkbox", "yes", "no"), ("woocommerce_currency", "select", "EUR", "USD"),
            ("woocommerce_currency_pos", "select", "left", "left"), ("woocommerce_price_thousand_sep", "text", ",", ","), ("woocommerce_price_decimal_sep", "text", ".", "."),
            ("woocommerce_price_num_decimals", "number", "2", "2"),
        ],
        ["products"] =
        [
            ("woocommerce_weight_unit", "select", "kg", "lbs"), ("woocommerce_dimension_unit", "select", "cm", "in"), ("woocommerce_manage_stock", "checkbox", "yes", "yes"),
            ("woocommerce_hold_stock_minutes", "number", "60", "60"), ("woocommerce_notify_no_stock_amount", "number", "0", "0"), ("woocommerce_hide_out_of_stock_items", "checkbox", "no", "no"),
        ],
        ["tax"] = [("woocommerce_prices_include_tax", "radio", "yes", "no"), ("woocommerce_tax_based_on", "select", "shipping", "shipping")],
    };

    public static WooAnswer Answer(WooRequest request, WooShop shop, string[] path) => path switch
    {
        ["settings"] => WooAnswer.Ok(new JsonArray([.. Groups.Keys.Select(g => (JsonNode)new JsonObject { ["id"] = g, ["label"] = g, ["description"] = "", ["parent_id"] = "" })])),
        ["settings", var group] when Groups.TryGetValue(group, out var settings) =>
            WooAnswer.Ok(new JsonArray([.. settings.Select(s => (JsonNode)request.Trim(Setting(s), isSingle: false))])),
        ["settings", var group, var id] when Groups.TryGetValue(group, out var settings) && settings.Any(s => s.Id == id) =>
            WooAnswer.Ok(request.Trim(Setting(settings.First(s => s.Id == id)), isSingle: true)),
        ["settings", _] => throw new WooRestException(404, "rest_setting_setting_group_invalid", "Invalid setting group."),
        ["settings", ..] => throw new WooRestException(404, "rest_setting_setting_invalid", "Invalid setting."),
        ["system_status"] => WooAnswer.Ok(request.Trim(SystemStatus(shop), isSingle: true)),
        ["taxes", "classes"] => TaxClasses(shop),
        ["data", "currencies", "current"] => WooAnswer.Ok(new JsonObject
        {
            ["code"] = "EUR",
            ["name"] = "Euro",
            ["symbol"] = "&euro;",
            ["_links"] = new JsonObject { ["self"] = Link(shop, "data/currencies/EUR", hints: "GET"), ["collection"] = Link(shop, "data/currencies") },
        }),
        _ => throw WooRestException.NoRoute(),
    };

    /// <summary>The site's zone is a fixed offset, as a merchant may choose in WordPress; timezone_string is then empty.</summary>
    public static JsonObject Index(WooShop shop) => new()
    {
        ["name"] = "ActorSync demo site",
        ["description"] = "",
        ["url"] = shop.Home.ToString(),
        ["home"] = shop.Home.ToString(),
        ["gmt_offset"] = WooShop.GmtOffsetHours,
        ["timezone_string"] = "",
        ["page_for_posts"] = 0,
        ["page_on_front"] = 0,
        ["show_on_front"] = "posts",
        ["namespaces"] = new JsonArray("wc/v3"),
        ["authentication"] = new JsonArray(),
        ["site_logo"] = 0,
        ["site_icon"] = 0,
        ["site_icon_url"] = "",
    };

    public static JsonObject Namespace()
    {
        var routes = new JsonObject();
        foreach (var route in (string[])["products", "products/(?P<id>[\\d]+)", "products/batch", "products/(?P<product_id>[\\d]+)/variations", "products/(?P<product_id>[\\d]+)/variations/batch",
            "products/categories", "products/tags", "products/brands", "products/attributes", "webhooks", "settings", "system_status"])
        {
            routes[$"/wc/v3/{route}"] = new JsonObject { ["namespace"] = "wc/v3" };
        }

        return new JsonObject { ["namespace"] = "wc/v3", ["routes"] = routes };
    }

    private static WooAnswer TaxClasses(WooShop shop)
    {
        (string Slug, string Name)[] classes = [("standard", "Standard rate"), ("reduced-rate", "Reduced rate"), ("zero-rate", "Zero rate")];
        var items = classes.Select(c => (JsonNode)new JsonObject
        {
            ["slug"] = c.Slug,
            ["name"] = c.Name,
            ["_links"] = new JsonObject { ["collection"] = Link(shop, "taxes/classes") },
        });
        return new WooAnswer(200, new JsonArray([.. items])) { Total = classes.Length, TotalPages = 1 };
    }

    private static JsonArray Link(WooShop shop, string path, string? hints = null)
    {
        var link = new JsonObject { ["href"] = $"{shop.Home}/wp-json/wc/v3/{path}" };
        if (hints is not null)
        {
            link["targetHints"] = new JsonObject { ["allow"] = new JsonArray(hints) };
        }

        return [link];
    }

    private static JsonObject Setting((string Id, string Type, string Value, string Default) setting) =>
        new() { ["id"] = setting.Id, ["type"] = setting.Type, ["value"] = setting.Value, ["default"] = setting.Default };

    private static JsonObject SystemStatus(WooShop shop) => new()
    {
        ["environment"] = new JsonObject
        {
            ["home_url"] = shop.Home.ToString(),
            ["site_url"] = shop.Home.ToString(),
            ["version"] = "11.0.1",
            ["wp_version"] = "7.0.4",
            ["php_version"] = "8.2.0",
        },
        ["settings"] = new JsonObject { ["currency"] = "EUR", ["number_of_decimals"] = 2 },
    };
}
