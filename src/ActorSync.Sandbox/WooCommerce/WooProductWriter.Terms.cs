using System.Text.Json;
using static ActorSync.Sandbox.WooCommerce.WooBodyReading;

namespace ActorSync.Sandbox.WooCommerce;

/// <content>Categories, brands, tags, attributes and what a variation is of them.</content>
public sealed partial class WooProductWriter
{
    private List<long> KnownTerms(JsonElement body, string member, string taxonomy) =>
        [.. Items(body, member).Select(item => Whole(item, "id")).Where(id => shop.Term(id)?.Taxonomy == taxonomy).Distinct()];

    private List<long> TagIds(JsonElement body)
    {
        var ids = new List<long>();
        foreach (var item in Items(body, "tags"))
        {
            if (Whole(item, "id") is > 0 and var id)
            {
                if (shop.Term(id)?.Taxonomy == WooShop.Tag)
                {
                    ids.Add(id);
                }
            }
            else if (Text(item, "name").Trim() is { Length: > 0 } name)
            {
                ids.Add(shop.TermNamed(WooShop.Tag, name).Id);
            }
        }

        return [.. ids.Distinct()];
    }

    private WooAttribute? Attribute(JsonElement item, int index)
    {
        var position = Has(item, "position") ? (int)Whole(item, "position") : index;
        var options = Items(item, "options").Select(Raw).Select(WooText.Field).Where(o => o.Length > 0).ToList();
        if (Whole(item, "id") is > 0 and var id)
        {
            if (shop.Attribute(id) is not { } global)
            {
                return null;
            }

            options = [.. options.Select(o => shop.TermNamed(global.Slug, o).Name)];
            return new WooAttribute(id, global.Name, position, Flag(item, "visible"), Flag(item, "variation"), options);
        }

        var name = WooText.Field(Text(item, "name"));
        return name.Length == 0 ? null : new WooAttribute(0, name, position, Flag(item, "visible"), Flag(item, "variation"), options);
    }

    /// <summary>Only attributes that the parent offers for variations are kept; whether it lists the option is not asked.</summary>
    private WooChoice? Choice(WooProduct parent, JsonElement item)
    {
        var id = Whole(item, "id");
        var name = WooText.Field(Text(item, "name"));
        var attribute = parent.Attributes.Find(a => a.Variation && (id > 0 ? a.Id == id : string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase)));
        var option = WooText.Field(Text(item, "option"));
        if (attribute is null || option.Length == 0)
        {
            return null;
        }

        if (attribute.Id > 0 && shop.Attribute(attribute.Id) is { } global)
        {
            option = shop.FindTerm(global.Slug, WooText.Name(option))?.Name ?? WooText.Slug(option);
        }

        return new WooChoice(attribute.Id, attribute.Name, option);
    }
}
