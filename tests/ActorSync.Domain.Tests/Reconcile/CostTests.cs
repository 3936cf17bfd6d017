using System.Diagnostics;
using System.Globalization;
using ActorSync.Domain.Products;
using ActorSync.Domain.Reconcile;
using static ActorSync.Domain.Tests.Reconcile.Lab;
using static ActorSync.Domain.Tests.Reconcile.Shop;

namespace ActorSync.Domain.Tests.Reconcile;

/// <summary>What a decision costs. Explicit, because a figure of a shared machine is no verdict: it prints, and the benchmarks compare.</summary>
public sealed class CostTests
{
    [Fact(Explicit = true)]
    public void ObserveAndPlan_OfAProductWithThreeVariants()
    {
        const int Rounds = 20_000;
        var lab = new Lab();
        lab.Add(S, OriginKind.Storefront, ["name", "price", "sku", "tags", "vendor", "description", "productType", "isActive", "compareAtPrice", "gtin"]);
        lab.Add(W, OriginKind.Storefront, ["name", "price", "sku", "tags", "vendor", "description", "productType", "isActive", "compareAtPrice", "gtin"]);
        lab.Clock = 1000;
        lab.Observe(S, Body(0, "0"), ObservationSource.Import, 1000);
        lab.Observe(W, Body(0, "0") with { ExternalId = "w" }, ObservationSource.Import, 1000);
        var product = lab.Product;
        var (s, w) = (lab.Links[S], lab.Links[W]);
        foreach (var isEdit in new[] { false, true })
        {
            for (var pass = 0; pass < 3; pass++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var watch = Stopwatch.StartNew();
                for (var i = 1; i <= Rounds; i++)
                {
                    lab.Clock++;
                    var decision = Reconciler.Observe(lab.Context(S), product, s, new Observation
                    {
                        Channel = S,
                        Body = Body((long)lab.Clock, isEdit ? i.ToString(CultureInfo.InvariantCulture) : "0"),
                        Source = ObservationSource.Webhook,
                        ReceivedAt = lab.Now,
                    });
                    (product, s) = (decision.Product, decision.Link);
                    Reconciler.Plan(lab.Context(S), product, s);
                    Reconciler.Plan(lab.Context(W), product, w);
                }

                Console.WriteLine($"{(isEdit ? "price edit" : "echo")}: {watch.Elapsed.TotalMicroseconds / Rounds:0.0} us, "
                    + $"{(GC.GetAllocatedBytesForCurrentThread() - before) / Rounds} bytes per observe and two plans; {product.Registers.Count} registers");
            }
        }
    }

    private static ObservedProduct Body(long version, string price)
    {
        var body = Product("s", version, "Shirt", Variant("a", "sh-a", price, "S"), Variant("b", "sh-b", "11", "M"), Variant("c", "sh-c", "12", "L"));
        return body with
        {
            Fields = body.Fields.Add("vendor", new FieldValue("Acme")).Add("description", new FieldValue("<p>" + new string('x', 400) + "</p>"))
                .Add("productType", new FieldValue("Shirts")).Add("isActive", FieldValue.True),
            Sets = body.Sets.Add("tags", ["summer", "sale", "cotton"]),
        };
    }
}
