using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorSync.Channels.WooCommerce;

/// <content>Attributes that make variations, and those of others, which stay as they are.</content>
internal static partial class WooMapper
{
    /// <summary>Attributes of a new variable product.</summary>
    public static JsonArray NewAttributes(DesiredProduct target)
    {
        var attributes = new JsonArray();
        for (var i = 0; i < target.Options.Length; i++)
        {
            attributes.Add(new JsonObject
            {
                ["name"] = WooHtml.ProtectPlainText(target.Options[i]),
                ["position"] = i,
                ["visible"] = true,
                ["variation"] = true,
                ["options"] = Strings(ValuesOf(target, i)),
            });
        }

        return attributes;
    }

    /// <summary>
    /// The whole attribute set of a variable product with the values that its variants need added, or null when nothing is missing. Attributes that make no
    /// variations go back as they are, because the shop replaces the set.
    /// </summary>
    public static JsonArray? MissingAttributes(JsonElement current, DesiredProduct target)
    {
        if (List(current, "attributes") is not { } existing)
        {
            return NewAttributes(target);
        }

        var changed = false;
        var attributes = new JsonArray();
        var met = new HashSet<int>();
        foreach (var attribute in existing)
        {
            var copy = new JsonObject();
            foreach (var member in (ReadOnlySpan<string>)["id", "name", "position", "visible", "variation", "options"])
            {
                if (attribute.TryGetProperty(member, out var value))
                {
                    copy[member] = JsonNode.Parse(value.GetRawText());
                }
            }

            var index = IndexOf(target.Options, Decode(Text(attribute, "name") ?? ""));
            if (index >= 0 && met.Add(index))
            {
                if (!IsTrue(attribute, "variation"))
                {
                    // A mere property so far; as an option it makes variations.
                    copy["variation"] = true;
                    changed = true;
                }

                var values = copy["options"] as JsonArray ?? [];
                var known = values.Select(v => Decode(v!.GetValue<string>())).ToHashSet(StringComparer.OrdinalIgnoreCase);
                foreach (var value in ValuesOf(target, index).Where(known.Add))
                {
                    values.Add(WooHtml.ProtectPlainText(value));
                    changed = true;
                }

                copy["options"] = values.Parent is null ? values : values.DeepClone();
            }

            attributes.Add(copy);
        }

        foreach (var added in NewAttributes(target).Where((_, index) => !met.Contains(index)))
        {
            attributes.Add(added!.DeepClone());
            changed = true;
        }

        return changed ? attributes : null;
    }

    private static JsonArray OptionValues(DesiredVariant variant, IReadOnlyList<WooOption> options, IReadOnlyList<string> names)
    {
        var attributes = new JsonArray();
        for (var i = 0; i < names.Count && i < variant.OptionValues.Length; i++)
        {
            if (variant.OptionValues[i].Length == 0)
            {
                continue;
            }

            var known = options.FirstOrDefault(o => string.Equals(o.Name, names[i], StringComparison.OrdinalIgnoreCase));
            var attribute = known is { Id: > 0 } ? new JsonObject { ["id"] = known.Id } : new JsonObject { ["name"] = WooHtml.ProtectPlainText(names[i]) };
            attribute["option"] = WooHtml.ProtectPlainText(variant.OptionValues[i]);
            attributes.Add(attribute);
        }

        return attributes;
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)WooHtml.ProtectPlainText(v))]);

    private static IEnumerable<string> ValuesOf(DesiredProduct target, int option) => target.Variants
        .Where(v => !v.Remove && option < v.OptionValues.Length && v.OptionValues[option].Length > 0)
        .Select(v => v.OptionValues[option])
        .Distinct(StringComparer.OrdinalIgnoreCase);

    private static int IndexOf(ImmutableArray<string> names, string name)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (string.Equals(names[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
