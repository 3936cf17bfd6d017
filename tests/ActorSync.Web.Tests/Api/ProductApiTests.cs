using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ActorSync.Web.Tests.Hub;

namespace ActorSync.Web.Tests.Api;

public sealed class ProductApiTests(TestHub hub)
{
    [Fact]
    public async Task Create_WithAliasesAndSnakeCase_StoresTheFieldsUnderTheirNames()
    {
        var id = await hub.CreateAsync(new { title = "Alias mug", net_sales_price = "1.234,50", weightInKg = 0.4, sku = "ALIAS-1", tags = "red, Blue", meta_title = "Mug" });

        var product = await hub.Viewer.GetJsonAsync($"/api/products/{id}");

        var variant = product.GetProperty("variants")[0];
        Assert.True(product.GetProperty("isActive").GetBoolean());
        Assert.Equal("Alias mug", product.Text("name"));
        Assert.Equal("Mug", product.Text("seoTitle"));
        Assert.Equal(["Blue", "red"], product.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(1234.50m, variant.GetProperty("price").GetDecimal());
        Assert.Equal(0.4m, variant.GetProperty("weight").GetDecimal());
    }

    [Fact]
    public async Task Create_WithUnknownMember_NamesItAndTheNearestKnownOne()
    {
        var answer = await hub.Operator.PostAsJsonAsync("/api/products", new { name = "X", descripton = "typo", price = -1, isActive = "perhaps" });

        var problem = await answer.JsonAsync(HttpStatusCode.BadRequest);
        var errors = problem.GetProperty("errors");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("did you mean 'description'", errors.GetProperty("descripton")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("'-1'", errors.GetProperty("price")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("true or false", errors.GetProperty("isActive")[0].GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(problem.Text("traceId"));
    }

    [Theory]
    [InlineData("[1]", "accepted is a JSON object")]
    [InlineData("{\"name\":", "not valid JSON")]
    [InlineData("{\"price\":1,\"price\":2}", "not valid JSON")]
    public async Task Create_WithBodyThatIsNoProduct_SaysWhatIsWrong(string body, string part)
    {
        var answer = await hub.Operator.PostAsync("/api/products", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Contains(part, (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("errors").GetProperty("body")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithoutName_SaysThatOneIsNeeded() =>
        Assert.Contains("name is missing", (await (await hub.Operator.PostAsJsonAsync("/api/products", new { sku = "NAMELESS-1" })).JsonAsync(HttpStatusCode.BadRequest)).Text("detail"), StringComparison.Ordinal);

    [Fact]
    public async Task Create_WithSkuOfAnotherProduct_IsRefusedAndNamesTheOwner()
    {
        var owner = await hub.CreateAsync(new { name = "First", sku = "TAKEN-1" });

        var answer = await hub.Operator.PostAsJsonAsync("/api/products", new { name = "Second", sku = " taken-1 " });

        Assert.Contains(owner, (await answer.JsonAsync(HttpStatusCode.Conflict)).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_VariantsKeyedBySkuAndId_ChangesOnlyWhatIsNamed()
    {
        var id = await hub.CreateAsync(new { name = "Shirt", options = new[] { "Size" }, variants = new object[] { new { sku = "PV-S", price = 10, optionValues = new[] { "S" } }, new { sku = "PV-M", price = 11, optionValues = new[] { "M" } } } });
        var before = await hub.Viewer.GetJsonAsync($"/api/products/{id}");
        var second = before.GetProperty("variants")[1].Text("id");

        var answer = await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { version = before.GetProperty("version").GetInt64(), variants = new Dictionary<string, object> { ["pv-s"] = new { price = 12.5 }, [second] = new { gtin = "4006381333931" } } });

        await answer.JsonAsync();
        var variants = (await hub.Viewer.GetJsonAsync($"/api/products/{id}")).GetProperty("variants");
        Assert.Equal(12.5m, variants[0].GetProperty("price").GetDecimal());
        Assert.Equal(11m, variants[1].GetProperty("price").GetDecimal());
        Assert.Equal("4006381333931", variants[1].Text("gtin"));
        Assert.Equal(2, variants.GetArrayLength());
    }

    [Fact]
    public async Task Patch_VariantFieldAtTheTopOfAProductWithSeveral_IsRefusedWithTheWayToSayIt()
    {
        var id = await hub.CreateAsync(new { name = "Cap", options = new[] { "Size" }, variants = new object[] { new { sku = "CAP-S", optionValues = new[] { "S" } }, new { sku = "CAP-M", optionValues = new[] { "M" } } } });

        var answer = await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { price = 5 });

        Assert.Contains("under variants", (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("errors").GetProperty("price")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_UnknownVariant_NamesTheKnownOnes()
    {
        var id = await hub.CreateAsync(new { name = "Belt", sku = "BELT-1" });

        var answer = await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { variants = new Dictionary<string, object> { ["BELT-9"] = new { price = 5 } } });

        Assert.Contains("BELT-1", (await answer.JsonAsync(HttpStatusCode.BadRequest)).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_StockWithoutAnOrigin_IsRefusedAloud()
    {
        var id = await hub.CreateAsync(new { name = "Unstocked", sku = "NOSTOCK-1" });

        var answer = await (await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { available = 5 })).JsonAsync();

        var rejected = answer.GetProperty("rejected")[0];
        Assert.Equal("stockOrigin", rejected.Text("rule"));
        Assert.NotEmpty(rejected.Text("message"));
    }

    [Fact]
    public async Task Put_WithWhatGetShowed_ChangesNothing()
    {
        var id = await hub.CreateAsync(new { name = "Round trip", sku = "RT-1", price = 9.9, tags = new[] { "a" } });
        var shown = await hub.Viewer.GetStringAsync($"/api/products/{id}");

        await (await hub.Operator.PutAsync($"/api/products/{id}", new StringContent(shown, Encoding.UTF8, "application/json"))).JsonAsync();

        var after = await hub.Viewer.GetJsonAsync($"/api/products/{id}");
        Assert.Equal(JsonDocument.Parse(shown).RootElement.GetProperty("variants").GetRawText(), after.GetProperty("variants").GetRawText());
        Assert.Equal("Round trip", after.Text("name"));
    }

    [Fact]
    public async Task Delete_Product_ShowsItDeletedAndRefusesEdits()
    {
        var id = await hub.CreateAsync(new { name = "Gone soon", sku = "GONE-1" });

        Assert.Equal(HttpStatusCode.NoContent, (await hub.Operator.DeleteAsync($"/api/products/{id}")).StatusCode);

        Assert.Equal("deleted", (await hub.Viewer.GetJsonAsync($"/api/products/{id}")).Text("status"));
        var answer = await (await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { name = "Back" })).JsonAsync();
        Assert.Equal(1, answer.GetProperty("rejected").GetArrayLength());
    }

    [Fact]
    public async Task Revert_ToAnEarlierVersion_RestoresTheFieldsThatChangedSince()
    {
        var id = await hub.CreateAsync(new { name = "One", sku = "REV-1", price = 1, tags = new[] { "old" } });
        var first = (await hub.Viewer.GetJsonAsync($"/api/products/{id}")).GetProperty("version").GetInt64();
        await (await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { name = "Two", tags = new[] { "new" }, force = true })).JsonAsync();
        await (await hub.Operator.PatchAsJsonAsync($"/api/products/{id}", new { name = "Three", price = 3, force = true })).JsonAsync();

        await (await hub.Operator.PostAsJsonAsync($"/api/products/{id}/revert", new { version = first })).JsonAsync();

        var product = await hub.Viewer.GetJsonAsync($"/api/products/{id}");
        Assert.Equal("One", product.Text("name"));
        Assert.Equal("old", Assert.Single(product.GetProperty("tags").EnumerateArray()).GetString());
        Assert.Equal(1m, product.GetProperty("variants")[0].GetProperty("price").GetDecimal());
    }

    [Fact]
    public async Task List_WithSearchLimitAndCursor_PagesWithoutRepeats()
    {
        for (var i = 0; i < 5; i++)
        {
            await hub.CreateAsync(new { name = $"Pageable {i}", sku = $"PAGE-{i}" });
        }

        var first = await hub.Viewer.GetJsonAsync("/api/products?q=Pageable&limit=3&sort=name&count=exact");
        var second = await hub.Viewer.GetJsonAsync($"/api/products?q=Pageable&limit=3&sort=name&cursor={Uri.EscapeDataString(first.Text("nextCursor"))}");

        Assert.Equal(5, first.GetProperty("total").GetInt64());
        Assert.Equal(["Pageable 0", "Pageable 1", "Pageable 2", "Pageable 3", "Pageable 4"],
            first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(i => i.Text("name")));
        Assert.False(second.TryGetProperty("nextCursor", out _));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("syncStatus=FINE", "syncStatus")]
    [InlineData("stockBelow=few", "stockBelow")]
    [InlineData("updatedSince=yesterday", "updatedSince")]
    [InlineData("sort=colour", "sort")]
    [InlineData("channel=nowhere", "channel")]
    [InlineData("colour=red", "colour")]
    public async Task List_WithWrongFilter_NamesTheFieldAndWhatIsAccepted(string query, string field)
    {
        var problem = await hub.Viewer.GetJsonAsync("/api/products?" + query, HttpStatusCode.BadRequest);

        Assert.Contains("accepted", problem.GetProperty("errors").GetProperty(field)[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/products?cursor=garbage")]
    [InlineData("/api/products?cursor=Z2FyYmFnZQ==")]
    [InlineData("/api/conflicts?cursor=garbage")]
    [InlineData("/api/webhooks/events?cursor=garbage")]
    public async Task List_WithForeignCursor_SaysSo(string path) =>
        Assert.Contains("nextCursor", (await hub.Viewer.GetJsonAsync(path, HttpStatusCode.BadRequest)).GetProperty("errors").GetProperty("cursor")[0].GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task Explain_AfterAnEdit_TellsOriginActorAndRule()
    {
        var id = await hub.CreateAsync(new { name = "Why", sku = "WHY-1" });

        var explained = await hub.Viewer.GetJsonAsync($"/api/products/{id}/explain");

        var name = explained.GetProperty("fields").EnumerateArray().Single(f => f.Text("field") == "name");
        Assert.Equal("hub", name.Text("origin"));
        Assert.Equal("operator", name.Text("actor"));
        Assert.NotEmpty(name.Text("why"));
    }
}
