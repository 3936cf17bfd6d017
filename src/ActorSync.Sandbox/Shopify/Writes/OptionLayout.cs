using System.Globalization;

namespace ActorSync.Sandbox.Shopify.Writes;

/// <summary>A product's options while a write runs: names, values, and how a variant's option values are found among them.</summary>
public sealed class OptionLayout(Shop shop, IReadOnlyList<ShopOption> current)
{
    public const int MostOptions = 3;
    public const int MostValues = 100;
    private const string Delimiter = " / ";

    private readonly List<ShopOption> options = [.. current];
    private readonly bool mayGrow = true;

    private OptionLayout(Shop shop, IReadOnlyList<ShopOption> current, bool mayGrow)
        : this(shop, current) => this.mayGrow = mayGrow;

    public IReadOnlyList<ShopOption> Options => options;

    /// <summary>The layout that productSet or productCreate asks for; existing options and values keep their ids, by id or by name.</summary>
    public static OptionLayout Of(Shop shop, IReadOnlyList<ShopOption> current, IReadOnlyList<Input> rows, List<ShopUserError> errors)
    {
        if (rows.Count > MostOptions)
        {
            errors.Add(new ShopUserError(["input", "productOptions"], $"Can only specify a maximum of {MostOptions} options", "OPTIONS_OVER_LIMIT"));
        }

        var made = new List<ShopOption>();
        for (var i = 0; i < rows.Count && errors.Count == 0; i++)
        {
            string[] path = ["input", "productOptions", i.ToString(CultureInfo.InvariantCulture)];
            var row = rows[i];
            var existing = row.Id("id") is { } id ? current.FirstOrDefault(o => o.Id == id.Number) : current.FirstOrDefault(o => Same(o.Name, row.Text("name")));
            if (row.Gives("id") && existing is null)
            {
                errors.Add(new ShopUserError([.. path, "id"], "Option does not exist", "OPTION_DOES_NOT_EXIST"));
                continue;
            }

            var name = row.Text("name")?.Trim() ?? existing?.Name ?? "";
            if (name.Length == 0 || name.Length > ShopText.LongestField)
            {
                errors.Add(new ShopUserError([.. path, "name"], name.Length == 0 ? "Option name can't be blank" : "Option name is too long", "INVALID_INPUT"));
            }
            else if (name.Contains(Delimiter, StringComparison.Ordinal))
            {
                errors.Add(new ShopUserError([.. path, "name"], $"The name contains unsupported sequence '{Delimiter}'", "INVALID_INPUT"));
            }
            else if (made.Exists(o => Same(o.Name, name)))
            {
                errors.Add(new ShopUserError([.. path, "name"], $"Duplicated option name '{name}'", "DUPLICATED_OPTION_NAME"));
            }

            made.Add(new ShopOption(existing?.Id ?? shop.NewId(), name, Values(shop, existing, row.List("values"), path, errors)));
        }

        return new OptionLayout(shop, made, mayGrow: false);
    }

    public static IReadOnlyList<ShopOption> Default(Shop shop) =>
        [new ShopOption(shop.NewId(), ShopOption.DefaultName, [new ShopOptionValue(shop.NewId(), ShopOption.DefaultValue)])];

    /// <summary>The values of one variant in the options' order; null when they do not fit, and then the reason has been added.</summary>
    public IReadOnlyList<string>? Resolve(IReadOnlyList<Input> rows, IReadOnlyList<string>? old, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        var values = old?.ToArray() ?? new string[options.Count];
        if (values.Length != options.Count)
        {
            values = new string[options.Count];
        }

        var named = new HashSet<int>();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            string[] rowPath = [.. path, "optionValues", i.ToString(CultureInfo.InvariantCulture)];
            var at = row.Id("optionId") is { } id ? options.FindIndex(o => o.Id == id.Number)
                : row.Text("optionName") is { } name ? options.FindIndex(o => Same(o.Name, name))
                : row.Id("id") is { } valueId ? options.FindIndex(o => o.Values.Any(v => v.Id == valueId.Number)) : -1;
            if (at < 0)
            {
                errors.Add(new ShopUserError(rowPath, "Option does not exist", mayGrow ? "INVALID_INPUT" : "OPTION_DOES_NOT_EXIST"));
                return null;
            }

            if (!named.Add(at))
            {
                errors.Add(new ShopUserError([.. path, "optionValues"], $"Duplicated option name '{options[at].Name}'", "INVALID_INPUT"));
                return null;
            }

            if (ValueOf(at, row, rowPath, errors) is not { } value)
            {
                return null;
            }

            values[at] = value;
        }

        for (var i = 0; i < options.Count; i++)
        {
            if (values[i] is null)
            {
                errors.Add(new ShopUserError(path, $"You need to add option values for {options[i].Name}", mayGrow ? "NEED_TO_ADD_OPTION_VALUES" : "INVALID_VARIANT"));
                return null;
            }
        }

        return values;
    }

    /// <summary>Without the values that no variant uses.</summary>
    public static IReadOnlyList<ShopOption> Pruned(IReadOnlyList<ShopOption> options, IReadOnlyList<ShopVariant> variants) =>
        [.. options.Select((o, index) => o with { Values = [.. o.Values.Where(v => variants.Any(x => x.Values.Count > index && Same(x.Values[index], v.Name)))] })];

    private string? ValueOf(int at, Input row, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        var option = options[at];
        if (row.Id("id") is { } id && option.Values.FirstOrDefault(v => v.Id == id.Number) is { } byId)
        {
            return byId.Name;
        }

        if (row.Text("name")?.Trim() is not { Length: > 0 } name)
        {
            errors.Add(new ShopUserError(path, "Option value does not exist", "INVALID_INPUT"));
            return null;
        }

        if (option.Values.FirstOrDefault(v => Same(v.Name, name)) is { } byName)
        {
            return byName.Name;
        }

        if (!mayGrow)
        {
            errors.Add(new ShopUserError(path, "Option value does not exist", "OPTION_VALUE_DOES_NOT_EXIST"));
            return null;
        }

        if (option.Values.Count >= MostValues || name.Length > ShopText.LongestField)
        {
            errors.Add(new ShopUserError(path, name.Length > ShopText.LongestField ? "Option value name is too long" : $"Can only specify a maximum of {MostValues} values", "INVALID_INPUT"));
            return null;
        }

        options[at] = option with { Values = [.. option.Values, new ShopOptionValue(shop.NewId(), name)] };
        return name;
    }

    private static List<ShopOptionValue> Values(Shop shop, ShopOption? existing, IReadOnlyList<Input> rows, IReadOnlyList<string> path, List<ShopUserError> errors)
    {
        if (rows.Count > MostValues)
        {
            errors.Add(new ShopUserError([.. path, "values"], $"Can only specify a maximum of {MostValues} option values per option", "OPTION_VALUES_OVER_LIMIT"));
        }

        var values = new List<ShopOptionValue>();
        foreach (var row in rows)
        {
            var old = row.Id("id") is { } id ? existing?.Values.FirstOrDefault(v => v.Id == id.Number) : existing?.Values.FirstOrDefault(v => Same(v.Name, row.Text("name")));
            var name = row.Text("name")?.Trim() ?? old?.Name ?? "";
            if (values.Exists(v => Same(v.Name, name)))
            {
                errors.Add(new ShopUserError([.. path, "values"], $"Duplicated option value '{name}'", "DUPLICATED_OPTION_VALUE"));
            }

            values.Add(new ShopOptionValue(old?.Id ?? shop.NewId(), name));
        }

        return values;
    }

    private static bool Same(string? a, string? b) => string.Equals(a?.Trim(), b?.Trim(), StringComparison.OrdinalIgnoreCase);
}
