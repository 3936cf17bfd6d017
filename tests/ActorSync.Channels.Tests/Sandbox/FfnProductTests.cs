using System.Text.Json.Nodes;

namespace ActorSync.Channels.Tests.Sandbox;

/// <summary>Products by API: what is kept, what is lost without a word, how lists are searched and walked.</summary>
public sealed class FfnProductTests(SandboxProcess sandbox) : IClassFixture<SandboxProcess>
{
    [Fact]
    public async Task Create_MembersThatAreNotKnown_AreLostWithoutAWord()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var body = JsonNode.Parse("""
            {"name":"Mug","merchantSku":"MUG-1","identifier":{"ean":"4006381333931","han":"H-1"},"description":"lost","customsCode":"lost","height":3,
             "weight":0.350,"dimensions":{"length":0.12,"height":0.1},"attributes":[{"key":"hubProductId","value":"p-17"}],"shippingMethod":"lost"}
            """)!;

        var created = (await caller.PostAsync("merchant/products?nonsense=1", body)).Json!;
        var read = (await caller.GetAsync($"merchant/products/{created["jfsku"]}?merchantSku=other")).Json!;

        Assert.Matches("^MERC01[A-Z2-9]{5}$", created["jfsku"]!.GetValue<string>());
        Assert.Equal(created.ToJsonString(), read.ToJsonString());
        Assert.Equal(0.35m, read["weight"]!.GetValue<decimal>());
        Assert.Equal("String", read["attributes"]![0]!["attributeType"]!.GetValue<string>());
        Assert.Equal("""{"ean":"4006381333931"}""", read["identifier"]!.ToJsonString());
        Assert.All(new[] { "description", "customsCode", "height", "shippingMethod" }, name => Assert.False(read.AsObject().ContainsKey(name), name));
    }

    [Fact]
    public async Task Patch_SomeMembers_KeepsTheRestReplacesListsAndEmptiesByNull()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = (await caller.PostAsync("merchant/products", JsonNode.Parse("""
            {"name":"Tea","merchantSku":"TEA-1","identifier":{"ean":"1","mpn":{"manufacturer":"A","partNumber":"B"}},"note":"dry","weight":1.5,"manufacturer":"A",
             "bundles":[{"name":"box","quantity":6},{"name":"crate","quantity":24}],"dimensions":{"length":1,"width":2,"height":3}}
            """)!)).Json!["jfsku"]!.GetValue<string>();

        var patched = await caller.PatchAsync($"merchant/products/{jfsku}", JsonNode.Parse("""
            {"note":null,"bundles":[{"name":"pallet","quantity":480.5}],"dimensions":{"width":2.5},"identifier":{"ean":"2"},"specifications":{"taric":"09023000","isBatch":true}}
            """)!);

        Assert.Equal((204, null), (patched.Status, patched.Json));
        var now = (await caller.GetAsync($"merchant/products/{jfsku}")).Json!;
        Assert.Null(now["note"]);
        Assert.Equal(1.5m, now["weight"]!.GetValue<decimal>());
        Assert.Equal("""[{"name":"pallet","quantity":480.5}]""", now["bundles"]!.ToJsonString());
        Assert.Equal("""{"width":2.5,"length":1,"height":3}""", now["dimensions"]!.ToJsonString());
        Assert.Equal("""{"mpn":{"manufacturer":"A","partNumber":"B"},"ean":"2"}""", now["identifier"]!.ToJsonString());
        Assert.Equal(("09023000", false), (now["specifications"]!["taric"]!.GetValue<string>(), now["specifications"]!["isBatch"]!.GetValue<bool>()));
        Assert.Equal("Modified", now["modificationInfo"]!["state"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"weight":"heavy"}""", "weight")]
    [InlineData("""{"originCountry":"DEU"}""", "originCountry")]
    [InlineData("""{"dimensions":{"length":1}}""", "dimensions")]
    [InlineData("""{"identifier":{"mpn":{"manufacturer":"A"}}}""", "identifier.mpn")]
    [InlineData("""{"specifications":null}""", "specifications")]
    public async Task Patch_ThatBreaksARule_NamesTheMemberAndChangesNothing(string body, string target)
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync($"RULE-{target}-{body.Length}");
        var before = (await caller.GetAsync($"merchant/products/{jfsku}")).Json!.ToJsonString();

        var reply = await caller.PatchAsync($"merchant/products/{jfsku}", JsonNode.Parse(body)!);

        Assert.Equal((400, "Shared_ModelValidation"), (reply.Status, reply.Code));
        Assert.Equal(target, reply.Json!["errorMessages"]![0]!["target"]!.GetValue<string>());
        Assert.Equal(before, (await caller.GetAsync($"merchant/products/{jfsku}")).Json!.ToJsonString());
    }

    [Fact]
    public async Task List_ByItsLinks_ShowsEveryProductOnceInTheSameOrder()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var total = (await caller.GetAsync("merchant/products?$top=1")).Json!["_page"]!["total"]!.GetValue<int>();
        var seen = new List<string>();
        for (var link = "?$top=97&$select=jfsku,modificationInfo"; link is not null;)
        {
            var page = (await caller.GetAsync($"merchant/products{link}")).Json!;
            Assert.Equal(["jfsku", "modificationInfo"], page["items"]![0]!.AsObject().Select(m => m.Key));
            seen.AddRange(page["items"]!.AsArray().Select(i => i!["modificationInfo"]!["createdAt"]!.GetValue<string>() + i["jfsku"]!.GetValue<string>()));
            link = page["nextPageLink"]?.GetValue<string>();
        }

        Assert.Equal(total, seen.Distinct().Count());
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal(100, (await caller.GetAsync("merchant/products?$top=5000")).Json!["_page"]!["limit"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("merchantSku eq 'ODD ÄÖ/1#2'", 1)]
    [InlineData("merchantSku eq 'odd-amp'", 0)]
    [InlineData("merchantSku eq 'O''BRIEN'", 1)]
    [InlineData("merchantSku eq 'TAG-1' and identifier/ean eq '4260110000178'", 0)]
    [InlineData("manufacturer eq 'Kuriosum' and specifications/isDivisible eq false and merchantSku eq 'TAG-1'", 1)]
    [InlineData("attributes/value eq 'o-1'", 1)]
    public async Task Filter_ByEqAndAnd_FindsExactly(string filter, int count)
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        await caller.PostAsync("merchant/products", JsonNode.Parse("""{"name":"q","merchantSku":"O'BRIEN","identifier":{},"attributes":[{"key":"a","value":"o-1","attributeType":"String"}]}""")!);

        var reply = await caller.GetAsync($"merchant/products?$filter={Uri.EscapeDataString(filter)}");

        Assert.Equal((200, count), (reply.Status, reply.Json!["count"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("$filter=name like 'x'")]
    [InlineData("$filter=price eq 1")]
    [InlineData("$filter=name eq 'open")]
    [InlineData("$filter=name eq 'a' or name eq 'b'")]
    [InlineData("$top=many")]
    [InlineData("$skip=-1")]
    [InlineData("$orderBy=name sideways")]
    public async Task Query_ThatCannotBeRead_IsRefused(string query)
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();

        var reply = await caller.GetAsync($"merchant/products?{query}");

        Assert.Equal((400, "Shared_ModelValidation"), (reply.Status, reply.Code));
        Assert.StartsWith("$", reply.Json!["errorMessages"]![0]!["target"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_WithStock_IsRefusedAndWithoutIsPolledAsDeleted()
    {
        var caller = await new FfnCaller(sandbox).LogInAsync();
        var jfsku = await caller.ProductAsync("GONE-1", stock: 1);
        Assert.Equal("Stocks_QuantityNotZero", (await caller.DeleteAsync($"merchant/products/{jfsku}")).Code);
        await caller.ControlAsync("stock", new JsonObject { ["jfsku"] = jfsku, ["stockLevel"] = 0 });

        Assert.Equal(204, (await caller.DeleteAsync($"merchant/products/{jfsku}")).Status);

        Assert.Equal((404, "Products_ProductNotActive"), await CodeAsync(caller.GetAsync($"merchant/products/{jfsku}")));
        Assert.Equal((404, "Products_ProductNotFound"), await CodeAsync(caller.GetAsync($"merchant/stocks/{jfsku}")));
        var polled = (await caller.WalkAsync("products/updates", "page=1")).Single(p => p["jfsku"]!.GetValue<string>() == jfsku);
        Assert.Equal("Deleted", polled["modificationInfo"]!["state"]!.GetValue<string>());
        Assert.Equal(["New", "Modified", "Deleted"], polled["modificationInfo"]!["changesInRange"]!.AsArray().Select(c => c!["state"]!.GetValue<string>()));
        Assert.Equal("Deleted", (await caller.WalkAsync("stocks/updates", "page=1")).Last(r => r["stockChangeId"]!["jfsku"]!.GetValue<string>() == jfsku)["changeType"]!.GetValue<string>());
        Assert.NotEqual(jfsku, await caller.ProductAsync("GONE-1"));
    }

    private static async Task<(int, string?)> CodeAsync(Task<FfnReply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }
}
