using ActorSync.Domain.Products;

namespace ActorSync.Domain.Tests.Products;

public sealed class FieldsTests
{
    [Theory]
    [InlineData("netSalesPrice", "price")]
    [InlineData("net_sales_price", "price")]
    [InlineData("weightInKg", "weight")]
    [InlineData("weight_in_kg", "weight")]
    [InlineData("heightInCm", "height")]
    [InlineData("imageUrl", "images")]
    [InlineData("barcode", "gtin")]
    [InlineData("title", "name")]
    [InlineData("compare_at_price", "compareAtPrice")]
    [InlineData("SEOTITLE", "seoTitle")]
    [InlineData("packagingQty", "packagingQty")]
    public void Find_AliasOrSnakeCase_IsTheField(string alias, string name) => Assert.Equal(name, Fields.Find(alias)?.Name);

    [Fact]
    public void Find_Unknown_IsNull_AndGetNamesTheFields()
    {
        Assert.Null(Fields.Find("colour"));
        Assert.Contains("compareAtPrice", Assert.Throws<ArgumentException>(() => Fields.Get("colour")).Message, StringComparison.Ordinal);
    }

    /// <summary>Every field that S3 lists, with the owners that S3 gives it.</summary>
    [Theory]
    [InlineData(OwnerClass.Commerce, "netSalesPrice compareAtPrice taxable seoTitle seoDescription tags collections categories productType vendor")]
    [InlineData(OwnerClass.Ops, "sku gtin han weightInKg heightInCm lengthInCm widthInCm packagingUnit packagingQty hazmat hazmatClass warehouseNotes storageLocation minStockLevel reorderPoint customsCode countryOfOrigin manufacturer")]
    [InlineData(OwnerClass.Shared, "name description imageUrl images isActive")]
    [InlineData(OwnerClass.Stock, "available reserved announced")]
    public void All_S3Fields_HaveTheirOwners(OwnerClass owners, string names)
    {
        foreach (var name in names.Split(' '))
        {
            Assert.Equal(owners, Fields.Find(name)?.Class);
        }
    }

    [Fact]
    public void All_NamesAreUniqueAndOfTheFormThatKeysNeed()
    {
        Assert.Equal(Fields.All.Length, Fields.All.Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(Fields.All, f => Assert.True(f.Name.All(char.IsAsciiLetter) && f.Label.Length > 0));
        Assert.Equal(3, Fields.All.Count(f => f.ReadBeforeWrite));
    }
}
