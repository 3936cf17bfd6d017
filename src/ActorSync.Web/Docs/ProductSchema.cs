using Microsoft.OpenApi;

namespace ActorSync.Web.Docs;

/// <summary>The schema of a product body, drawn from the field registry: a field added there is documented here.</summary>
internal static class ProductSchema
{
    public static OpenApiSchema Of()
    {
        var variant = Properties(FieldScope.Variant);
        variant["id"] = Text("The variant's id (v1, v2, …). Without it the SKU finds the variant.");
        variant["optionValues"] = Texts("One value per option, in their order. With no id it adds a variant.");
        variant["remove"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Takes the variant away." };
        variant["currency"] = Text("ISO 4217 of the prices here; the client's own when left out.");
        variant["stock"] = Stock();
        var product = Properties(FieldScope.Product);
        foreach (var (name, schema) in Properties(FieldScope.Variant))
        {
            schema.Description += " Here only where the product has one variant.";
            product[name] = schema;
        }

        product["version"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The version that the editor saw: the edit then wins knowingly. Also as If-Match." };
        product["force"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Win whatever the rules say, and close the conflict." };
        product["options"] = Texts("Names of the options, in their order.");
        product["variants"] = new OpenApiSchema
        {
            Description = "An object keyed by SKU or variant id, or a list.",
            Type = JsonSchemaType.Object,
            AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = Interface(variant) },
        };
        product["stock"] = Stock();
        product["channelIds"] = Texts("Channels that the product is to be created in, where they create selected products.");
        product["overrides"] = new OpenApiSchema
        {
            Description = "Fields that differ at one channel, by channel id; null ends the override.",
            Type = JsonSchemaType.Object,
            AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Object },
        };
        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = Interface(product), Description = "Members that are absent change nothing; null empties. Names in camelCase or snake_case." };
    }

    private static SortedDictionary<string, OpenApiSchema> Properties(FieldScope scope) => new(Fields.All
        .Where(f => f.Scope == scope && !f.IsStructure && f.Name is not (Fields.Reserved or Fields.Announced))
        .ToDictionary(f => f.Name, Of, StringComparer.Ordinal), StringComparer.Ordinal);

    private static OpenApiSchema Of(FieldDefinition field)
    {
        var also = field.Aliases.IsEmpty ? "" : $" Also accepted as {string.Join(", ", field.Aliases)}.";
        var schema = field.Type switch
        {
            FieldType.Money or FieldType.Decimal => new OpenApiSchema { Type = JsonSchemaType.Number },
            FieldType.Integer => new OpenApiSchema { Type = JsonSchemaType.Integer },
            FieldType.Boolean => new OpenApiSchema { Type = JsonSchemaType.Boolean },
            FieldType.Set or FieldType.List => Texts(""),
            _ => new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = field.MaxLength },
        };
        schema.Description = $"{field.Label}{(field.Unit is { } unit ? $" in {unit}" : "")}, owned by {field.Class.ToString().ToLowerInvariant()}.{also}";
        return schema;
    }

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema Texts(string description) =>
        new() { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String }, Description = description };

    private static OpenApiSchema Stock() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Counts by warehouse: a number, or { available, reserved, announced }.",
        AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Number },
    };

    private static Dictionary<string, IOpenApiSchema> Interface(SortedDictionary<string, OpenApiSchema> schemas) =>
        schemas.ToDictionary(s => s.Key, s => (IOpenApiSchema)s.Value, StringComparer.Ordinal);
}
