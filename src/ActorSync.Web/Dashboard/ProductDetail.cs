using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorSync.Web.Products;
using ActorSync.Web.Security;

namespace ActorSync.Web.Dashboard;

/// <summary>One product as its page shows it: a grid of fields and places, stock, conflicts and history.</summary>
public sealed record ProductDetail(
    ProductSnapshot Snapshot, Products.Explanation Explanation, TenantSettings Settings, IReadOnlyList<GridGroup> Groups, IReadOnlyList<StockRow> Stock, ConflictsView Conflicts, ChangesView History)
{
    private const int ShownLines = 100;
    private const int ShownConflicts = 50;

    public string Name => Snapshot.Product.Name() is { Length: > 0 } name ? name : "(no name)";

    internal static async Task<ProductDetail?> ReadAsync(string id, Caller caller, Catalogue catalogue, IProductQueries queries, CancellationToken cancellationToken)
    {
        if (await catalogue.FindAsync(caller, id) is not { } snapshot)
        {
            return null;
        }

        var settings = await catalogue.SettingsAsync(caller, cancellationToken);
        var explanation = await Products.Explanation.OfAsync(snapshot, caller, catalogue, queries, cancellationToken);
        var history = await queries.HistoryAsync(snapshot.Product.Id, null, ShownLines, cancellationToken);
        var conflicts = await queries.ConflictsAsync(caller.Tenant, snapshot.Product.Id, ConflictState.Open, null, ShownConflicts, cancellationToken);
        return new ProductDetail(snapshot, explanation, settings, GridGroup.Of(snapshot.Product, explanation), StockRow.Of(snapshot), new ConflictsView(conflicts, settings), new ChangesView(ChangeGroup.Of(history.Items, ShownLines), settings));
    }
}

/// <summary>The product's own fields, or those of one variant.</summary>
public sealed record GridGroup(string Title, string? Variant, IReadOnlyList<GridRow> Rows)
{
    public static IReadOnlyList<GridGroup> Of(ProductState product, Products.Explanation explanation)
    {
        var rows = explanation.Fields.Where(f => f.Field != Fields.Exists).ToList();
        var variants = product.LivingVariants().ToList();
        var groups = new List<GridGroup> { new("Product", null, GridRow.Of(rows.Where(r => r.Variant is null))) };
        groups.AddRange(variants.Select(v => new GridGroup(
            variants.Count == 1 ? "Item" : $"Variant {product.VariantLabel(v.Id)}", v.Id.ToString(), GridRow.Of(rows.Where(r => r.Variant == v.Id.ToString())))));
        return groups;
    }
}

/// <summary>One field: the hub's value, why, and what each place holds. The elements of a list share a row.</summary>
public sealed record GridRow(string Field, string Label, string OwnerClass, string Value, string? Raw, string Origin, DateTimeOffset At, string? Why, string? Actor, IReadOnlyDictionary<string, GridCell> Cells)
{
    private static readonly ImmutableArray<string> Order = [.. Fields.All.OrderBy(f => f.Name switch { Fields.Name => 0, Fields.Sku => 1, Fields.Price => 2, Fields.CompareAtPrice => 3, Fields.OptionValues => 4, Fields.Options => 5, Fields.IsActive => 6, _ => 10 }).Select(f => f.Name)];

    public static IReadOnlyList<GridRow> Of(IEnumerable<ExplainedField> fields) =>
        [.. fields.GroupBy(f => Fields.Find(f.Field)?.Type == FieldType.Set ? f.Field : f.Field + "#" + f.Part).Select(Of).OrderBy(r => Order.IndexOf(r.Field))];

    private static GridRow Of(IGrouping<string, ExplainedField> group)
    {
        var newest = group.MaxBy(f => f.EffectiveAt)!;
        var isSet = Fields.Find(newest.Field)?.Type == FieldType.Set;
        var value = isSet ? string.Join(", ", group.Where(f => f.Value is not null).Select(f => f.Value!.ToString())) : Text(newest, newest.Value);
        var cells = group.SelectMany(f => f.Channels.Select(c => (Field: f, Cell: c))).GroupBy(c => c.Cell.Channel, StringComparer.Ordinal)
            .ToDictionary(c => c.Key, c => GridCell.Of([.. c], isSet), StringComparer.Ordinal);
        return new GridRow(newest.Field, isSet ? Fields.Get(newest.Field).Label : newest.Label, newest.OwnerClass, value.Length == 0 ? "empty" : value,
            newest.Value?.ToString(), newest.Origin, newest.SourceAt, newest.Why, newest.Actor, cells);
    }

    public static string Text(ExplainedField field, JsonNode? value) => value switch
    {
        null => "empty",
        JsonArray list => string.Join(", ", list.Select(e => e?.ToString())),
        JsonValue flag when flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False => flag.GetValue<bool>() ? "yes" : "no",
        _ when Fields.Find(field.Field)?.Type == FieldType.Html => Show.WithoutTags(value.ToString()),
        _ when Fields.Find(field.Field)?.Type == FieldType.Money && decimal.TryParse(value.ToString(), NumberStyles.Number, CultureInfo.InvariantCulture, out var amount) => Show.Money(amount, field.Part ?? "").TrimEnd(),
        _ => value.ToString() + (Fields.Find(field.Field)?.Unit is { } unit ? " " + unit : ""),
    };
}

/// <summary>A field at one channel: shape and word, what it holds when that differs, and why it is not sent.</summary>
public sealed record GridCell(string State, string? Held, string? Detail)
{
    private static readonly string[] Worst = ["withheld", "differs", "pending", "unknown", "equal"];

    public string Shape => State switch { "equal" => "✓", "pending" => "↑", "withheld" => "!", "unknown" => "○", _ => "≠" };

    public static GridCell Of(IReadOnlyList<(ExplainedField Field, ExplainedCell Cell)> cells, bool isSet)
    {
        var worst = cells.MinBy(c => Array.IndexOf(Worst, c.Cell.State));
        var held = isSet ? string.Join(", ", cells.Where(c => c.Cell.Held is not null).Select(c => c.Cell.Held!.ToString())) : worst.Cell.LearnedAt is null ? null : GridRow.Text(worst.Field, worst.Cell.Held);
        var why = worst.Cell.Detail ?? (worst.Cell.Withheld is { } reason ? Reason(reason) : null);
        return new GridCell(worst.Cell.State, held, why);
    }

    private static string Reason(string withheld) => withheld switch
    {
        "parked" => "The channel refused this value.",
        "undecided" => "Differs since first contact; choose a winner when the channel goes live.",
        "notLive" => "The channel only observes.",
        "ambiguous" => "Matches more than one product.",
        "inFlight" => "A push is in the air.",
        "notRaised" => "Only the stock's origin may raise a count.",
        "excluded" => "Not to be created at this channel.",
        _ => "Deleted at this channel.",
    };
}

/// <summary>One count: what the hub has at a warehouse, and what each channel holds of it.</summary>
public sealed record StockRow(string Variant, string Warehouse, decimal Available, decimal Reserved, decimal Announced, decimal Provisional)
{
    public static IReadOnlyList<StockRow> Of(ProductSnapshot snapshot) =>
        [.. snapshot.Product.Stock.Levels.Select(l => new StockRow(snapshot.Product.VariantLabel(l.Variant), l.Warehouse, l.Available, l.Reserved, l.Announced,
            snapshot.Product.Stock.Reservations.Where(r => r.Variant == l.Variant && r.Warehouse == l.Warehouse).Sum(r => r.Quantity)))];
}
