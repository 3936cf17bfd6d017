using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Behaviour of the simulated site that a connector leans on, beyond single values.</summary>
public sealed class WooShopTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    private readonly WooHttp woo = new(sandbox);

    [Fact]
    public async Task Sku_HeldByTheTrash_IsRefusedWithoutAnId()
    {
        var id = (await woo.PostAsync("products", new JsonObject { ["name"] = "t", ["sku"] = "S-TRASH" })).Json!["id"]!.GetValue<long>();
        await woo.DeleteAsync($"products/{id}");

        var reply = await woo.PostAsync("products", new JsonObject { ["name"] = "again", ["sku"] = "s-trash" });

        Assert.Equal((400, "woocommerce_rest_product_not_created"), (reply.Status, reply.Code));
        Assert.Null(reply.Json!["data"]!["resource_id"]);
        Assert.Equal((410, "woocommerce_rest_already_trashed"), await StatusAsync(woo.DeleteAsync($"products/{id}")));
    }

    [Fact]
    public async Task Batch_OneBadItem_LeavesTheOthersDone()
    {
        var id = (await woo.PostAsync("products", new JsonObject { ["name"] = "b", ["sku"] = "S-B1" })).Json!["id"]!.GetValue<long>();

        var reply = await woo.PostAsync("products/batch", JsonNode.Parse($$"""
            {"create":[{"name":"dup","sku":"S-B1"},{"name":"new","sku":"S-B2"}],"update":[{"id":{{id}},"regular_price":3.5},{"id":888888},{"sku":"S-B1"}],"delete":[777777]}
            """)!);

        Assert.Equal(200, reply.Status);
        Assert.Equal(id, reply.Json!["create"]![0]!["error"]!["data"]!["resource_id"]!.GetValue<long>());
        Assert.Equal(0, reply.Json["create"]![0]!["id"]!.GetValue<long>());
        Assert.Equal("S-B2", reply.Json["create"]![1]!["sku"]!.GetValue<string>());
        Assert.Equal("3.5", reply.Json["update"]![0]!["regular_price"]!.GetValue<string>());
        Assert.Equal(400, reply.Json["update"]![1]!["error"]!["data"]!["status"]!.GetValue<int>());
        Assert.Null(reply.Json["update"]![2]!["id"]);
        Assert.Equal(404, reply.Json["delete"]![0]!["error"]!["data"]!["status"]!.GetValue<int>());
    }

    [Fact]
    public async Task Batch_MoreThanAHundred_DoesNothing()
    {
        var before = (await woo.GetAsync("products?per_page=1&_fields=id")).Total;
        var items = new JsonArray([.. Enumerable.Range(0, 101).Select(i => (JsonNode)new JsonObject { ["name"] = $"n{i}" })]);

        var reply = await woo.PostAsync("products/batch", new JsonObject { ["create"] = items });

        Assert.Equal((413, "woocommerce_rest_request_entity_too_large"), (reply.Status, reply.Code));
        Assert.Equal(before, (await woo.GetAsync("products?per_page=1&_fields=id")).Total);
    }

    [Fact]
    public async Task Put_BodyWithAnId_UpdatesThatOne()
    {
        var one = (await woo.PostAsync("products", new JsonObject { ["name"] = "one" })).Json!["id"]!.GetValue<long>();
        var two = (await woo.PostAsync("products", new JsonObject { ["name"] = "two" })).Json!["id"]!.GetValue<long>();

        await woo.PutAsync($"products/{one}", new JsonObject { ["id"] = two, ["name"] = "written" });

        Assert.Equal("one", (await woo.GetAsync($"products/{one}")).Json!["name"]!.GetValue<string>());
        Assert.Equal("written", (await woo.GetAsync($"products/{two}")).Json!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("text/plain", 200, null)]
    [InlineData("application/json", 400, "rest_invalid_json")]
    public async Task Put_BodyThatIsNotJson_IsIgnoredOrRefusedByItsType(string contentType, int status, string? code)
    {
        var id = (await woo.PostAsync("products", new JsonObject { ["name"] = "kept" })).Json!["id"]!.GetValue<long>();

        var reply = await woo.SendAsync(HttpMethod.Put, $"products/{id}", contentType == "text/plain" ? """{"name":"x"}""" : "{name", contentType);

        Assert.Equal((status, code), (reply.Status, reply.Code));
        Assert.Equal("kept", (await woo.GetAsync($"products/{id}")).Json!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task PartialWrite_OfOneVariation_LeavesItsSiblingsAndParentAlone()
    {
        var parent = (await woo.GetAsync("products?sku=SEIL-NATUR-5M&_fields=id,parent_id")).Json![0]!["parent_id"]!.GetValue<long>();
        var before = await VariationsAsync(parent);
        var target = before.First(v => v["sku"]!.GetValue<string>() == "SEIL-NATUR-5M")["id"]!.GetValue<long>();

        await woo.PutAsync($"products/{parent}/variations/{target}", new JsonObject { ["stock_quantity"] = 123 });

        var after = await VariationsAsync(parent);
        Assert.Equal(120, after.Count);
        Assert.Equal(before.Where(v => v["id"]!.GetValue<long>() != target).Select(v => v.ToJsonString()), after.Where(v => v["id"]!.GetValue<long>() != target).Select(v => v.ToJsonString()));
        Assert.Equal(123, after.First(v => v["id"]!.GetValue<long>() == target)["stock_quantity"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("", true, 1)]
    [InlineData("", false, 0)]
    [InlineData("Z", false, 1)]
    [InlineData("Z", true, 0)]
    public async Task ModifiedAfter_UtcTextOfASecondAgo_FindsAChangeOnlyWithOneZone(string zone, bool isGmt, int expected)
    {
        var reply = await woo.PostAsync("products", new JsonObject { ["name"] = "dated" });
        var id = reply.Json!["id"]!.GetValue<long>();
        var before = DateTime.Parse(reply.Json["date_modified_gmt"]!.GetValue<string>()).AddSeconds(-1);

        var found = await woo.GetAsync($"products?include={id}&modified_after={before:yyyy-MM-ddTHH:mm:ss}{zone}{(isGmt ? "&dates_are_gmt=true" : "")}&_fields=id");

        // Without zone and flag the text is site-local, an hour ahead of UTC: the threshold lies an hour too early and finds everything.
        Assert.Equal(zone.Length == 0 && !isGmt ? 1 : expected, found.Json!.AsArray().Count);
    }

    [Fact]
    public async Task Sale_OfMoreThanThereIs_IsRefusedAndChangesNothing()
    {
        await sandbox.EditAsync("woocommerce", new JsonObject { ["sku"] = "ODD-EMOJI", ["stock"] = 2 });

        await Assert.ThrowsAsync<InvalidOperationException>(() => sandbox.SellAsync("woocommerce", "ODD-EMOJI", 3));
        var sold = await sandbox.SellAsync("woocommerce", "ODD-EMOJI", 2);

        Assert.Equal(0, sold["stockAfter"]!.GetValue<int>());
        var product = (await woo.GetAsync("products?sku=ODD-EMOJI")).Json![0]!;
        Assert.Equal((0, "outofstock"), (product["stock_quantity"]!.GetValue<int>(), product["stock_status"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Edit_PriceWithCompareAt_BecomesRegularAndSale()
    {
        await sandbox.EditAsync("woocommerce", new JsonObject { ["sku"] = "ODD-QUOTE", ["price"] = 8.5, ["compareAtPrice"] = 10, ["tags"] = new JsonArray("a & b") });

        var product = (await woo.GetAsync("products?sku=ODD-QUOTE")).Json![0]!;
        Assert.Equal(("10.00", "8.50", "8.50"), (product["regular_price"]!.GetValue<string>(), product["sale_price"]!.GetValue<string>(), product["price"]!.GetValue<string>()));
        Assert.Equal("a &amp; b", product["tags"]![0]!["name"]!.GetValue<string>());
        var seen = await sandbox.FindAsync("woocommerce", "odd-quote");
        Assert.Equal((8.5m, 10m), (seen!["price"]!.GetValue<decimal>(), seen["compareAtPrice"]!.GetValue<decimal>()));
        Assert.Equal("a & b", seen["tags"]![0]!.GetValue<string>());
    }

    private async Task<List<JsonNode>> VariationsAsync(long parent)
    {
        var all = new List<JsonNode>();
        for (var page = 1; page <= 2; page++)
        {
            all.AddRange((await woo.GetAsync($"products/{parent}/variations?per_page=100&page={page}&orderby=id&order=asc")).Json!.AsArray().Select(v => v!.DeepClone()));
        }

        return all;
    }

    private static async Task<(int Status, string? Code)> StatusAsync(Task<WooReply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }
}
